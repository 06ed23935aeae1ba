/// Equal-width bins over a latent's range, as `numpy.histogram` and `numpy.digitize` make them.
///
/// The `histogram_discretizer` of disentanglement_lib: sample `z` falls into the number of
/// `edges[0..<binCount]` that are at most `z`, so the maximum stays in the last bin. For float32
/// codes the edges are computed in float32, as numpy 2 does; numpy 1 computed them in float64 and
/// rounded once, which moves samples that lie on an edge.
public struct HistogramDiscretizer: Sendable {
  /// Number of bins.
  public let binCount: Int

  /// Creates a discretiser with at least one bin.
  public init(binCount: Int = 20) {
    precondition(binCount >= 1 && binCount < 1 << 20, "\(binCount) bins")
    self.binCount = binCount
  }

  /// The `binCount + 1` edges, not decreasing; around a constant they span ±0.5.
  ///
  /// - Parameters:
  ///   - values: The latent; finite.
  ///   - precision: The format in which the edges are computed.
  /// - Returns: The edges; infinite ones if the range overflows the format.
  public func edges(of values: [Double], precision: Codes.Precision) -> [Double] {
    guard let first = values.first else { return [] }
    var lowest = first
    var highest = first
    for value in values {
      lowest = min(lowest, value)
      highest = max(highest, value)
    }
    return switch precision {
    case .float32: edges(from: Float(lowest), to: Float(highest)).map { Double($0) }
    case .float64: edges(from: lowest, to: highest)
    }
  }

  /// The bin of every sample, `0..<binCount`.
  ///
  /// A latent whose range is too narrow for distinct edges (numpy refuses it) counts as constant.
  public func bins(of values: [Double], precision: Codes.Precision) -> [Int] {
    let edges = edges(of: values, precision: precision)
    guard edges.allSatisfy(\.isFinite) else {
      // The range overflows; quarters have the same bins.
      return bins(of: values.map { $0 / 4 }, precision: precision)
    }
    guard isIncreasing(edges) else { return [Int](repeating: 0, count: values.count) }
    // An estimate from the bin width, corrected by comparing with the edges themselves.
    let range = edges[binCount] - edges[0]
    return edges.withUnsafeBufferPointer { edges in
      values.map { value in
        var bin = max(0, min(binCount - 1, Int((value - edges[0]) / range * Double(binCount))))
        while bin > 0 && value < edges[bin] { bin -= 1 }
        while bin + 1 < binCount && value >= edges[bin + 1] { bin += 1 }
        return bin
      }
    }
  }

  /// The bins of one latent, renumbered without gaps.
  public func labels(of values: [Double], precision: Codes.Precision) -> Labels {
    Labels(offsets: bins(of: values, precision: precision), bound: binCount)
  }

  // MARK: - Edges

  private func edges<Scalar: BinaryFloatingPoint>(
    from lowest: Scalar, to highest: Scalar
  ) -> [Scalar] {
    let isConstant = lowest == highest
    let start = isConstant ? lowest - 0.5 : lowest
    let end = isConstant ? highest + 0.5 : highest
    let range = end - start
    let step = range / Scalar(binCount)
    var edges = (0...binCount).map { index -> Scalar in
      // numpy.linspace divides last when the step underflows to 0.
      let offset = step == 0 ? Scalar(index) / Scalar(binCount) * range : Scalar(index) * step
      return offset + start
    }
    edges[binCount] = end
    return edges
  }

  private func isIncreasing(_ edges: [Double]) -> Bool {
    zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 }
  }
}
