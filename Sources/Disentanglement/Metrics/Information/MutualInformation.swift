import BenchSupport
import Glibc
public import LinearAlgebra

/// Plug-in mutual information of two discrete variables, in nats.
///
/// The estimator of scikit-learn's `mutual_info_score`: 0 if either variable has one class, terms
/// below the machine epsilon dropped, never negative. O(n + classes of one × classes of the other).
public func mutualInformation(_ first: Labels, _ second: Labels) -> Double {
  precondition(
    first.values.count == second.values.count,
    "\(first.values.count) and \(second.values.count) samples")
  guard first.classCount > 1 && second.classCount > 1 else { return 0 }
  let cells = first.classCount.multipliedReportingOverflow(by: second.classCount)
  if !cells.overflow && cells.partialValue <= 4 * first.values.count + 65_536 {
    return mutualInformationByTable(first, second)
  }
  return mutualInformationBySorting(first, second)
}

/// Plug-in mutual information between every latent and every factor, in nats.
///
/// - Parameters:
///   - codes: The codes, `[sample, latent]`; each latent is binned.
///   - factors: The factors of the same samples.
///   - discretizer: How latents are binned.
/// - Returns: `[latent, factor]`.
public func mutualInformationMatrix(
  codes: Codes, factors: [Labels], discretizer: HistogramDiscretizer = HistogramDiscretizer()
) -> Matrix<Double> {
  mutualInformationMatrix(latents: binnedLatents(codes, discretizer), factors: factors)
}

/// Every latent, binned.
func binnedLatents(_ codes: Codes, _ discretizer: HistogramDiscretizer) -> [Labels] {
  Parallel.map(codes.latentCount) { latent in
    discretizer.labels(of: codes.latent(latent), precision: codes.precision)
  }
}

/// Plug-in mutual information of discrete latents and factors, `[latent, factor]`, in nats.
func mutualInformationMatrix(latents: [Labels], factors: [Labels]) -> Matrix<Double> {
  let rows = Parallel.map(latents.count) { latent in
    factors.map { mutualInformation(latents[latent], $0) }
  }
  return Matrix(
    rowCount: latents.count, columnCount: factors.count, elements: rows.flatMap { $0 })
}

// MARK: - Joint counts

private func mutualInformationByTable(_ first: Labels, _ second: Labels) -> Double {
  let width = second.classCount
  var joint = [Int32](repeating: 0, count: first.classCount * width)
  joint.withUnsafeMutableBufferPointer { joint in
    first.values.withUnsafeBufferPointer { a in
      second.values.withUnsafeBufferPointer { b in
        for index in a.indices { joint[Int(a[index]) * width + Int(b[index])] &+= 1 }
      }
    }
  }
  var terms = MutualInformationSum(sampleCount: first.values.count)
  for i in 0..<first.classCount {
    for j in 0..<width {
      terms.add(Int(joint[i * width + j]), first.counts[i], second.counts[j])
    }
  }
  return max(0, terms.sum)
}

private func mutualInformationBySorting(_ first: Labels, _ second: Labels) -> Double {
  let pairs = zip(first.values, second.values).map { UInt64($0) << 32 | UInt64($1) }.sorted()
  var terms = MutualInformationSum(sampleCount: pairs.count)
  var start = 0
  while start < pairs.count {
    var end = start
    while end < pairs.count && pairs[end] == pairs[start] { end += 1 }
    terms.add(
      end - start, first.counts[Int(pairs[start] >> 32)],
      second.counts[Int(pairs[start] & 0xFFFF_FFFF)])
    start = end
  }
  return max(0, terms.sum)
}

/// Σ p(i,j) log(p(i,j) / (p(i) p(j))) over the occupied cells.
private struct MutualInformationSum {
  let total: Double
  let logTotal: Double
  var sum = 0.0

  init(sampleCount: Int) {
    total = Double(sampleCount)
    logTotal = log(total)
  }

  mutating func add(_ joint: Int, _ first: Int, _ second: Int) {
    guard joint > 0 else { return }
    let probability = Double(joint) / total
    let independent = 2 * logTotal - log(Double(first) * Double(second))
    let term = probability * (log(Double(joint)) - logTotal) + probability * independent
    if abs(term) >= Double.ulpOfOne { sum += term }
  }
}
