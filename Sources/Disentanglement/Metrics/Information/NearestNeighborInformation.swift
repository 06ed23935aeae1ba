import Glibc

/// Mutual information of a continuous and a discrete variable by nearest neighbours, in nats.
///
/// *Mutual Information between Discrete and Continuous Data Sets*, Ross, PLoS ONE 9(2) e87357
/// (2014), as in scikit-learn's `mutual_info_classif`: classes of one sample are left out, distances
/// are shrunk by one unit in the last place so that the neighbour itself is outside, and the result
/// is never negative. O(n log n) by sorting, as the continuous variable is one-dimensional.
struct NearestNeighborInformation {
  /// Number of neighbours, fewer in smaller classes.
  let neighborCount: Int

  /// The estimate.
  ///
  /// - Parameters:
  ///   - values: The continuous variable, without ties (add noise first).
  ///   - labels: The discrete variable of the same samples.
  /// - Returns: Nats; 0 if every class has one sample.
  func estimate(_ values: [Double], _ labels: Labels) -> Double {
    let kept = labels.values.indices.filter { labels.counts[Int(labels.values[$0])] > 1 }
    guard !kept.isEmpty else { return 0 }
    let sorted = kept.map { (value: values[$0], label: labels.values[$0]) }
      .sorted { $0.value < $1.value }
    let all = sorted.map(\.value)
    var classes = labels.counts.map { _ in [Double]() }
    for sample in sorted { classes[Int(sample.label)].append(sample.value) }

    let digamma = DigammaTable(upTo: all.count)
    var sum = 0.0
    for members in classes where members.count > 1 {
      let neighbors = min(neighborCount, members.count - 1)
      for position in members.indices {
        let radius = distance(toNeighbor: neighbors, of: position, in: members).nextDown
        let count = countWithin(max(0, radius), of: members[position], in: all)
        sum += digamma[neighbors] - digamma[members.count] - digamma[count]
      }
    }
    return max(0, digamma[all.count] + sum / Double(all.count))
  }

  /// The distance to the `rank`-th nearest of the other values.
  private func distance(
    toNeighbor rank: Int, of position: Int, in sorted: [Double]
  ) -> Double {
    let value = sorted[position]
    var smallest = Double.infinity
    let first = max(0, position - rank)
    let last = min(position, sorted.count - 1 - rank)
    for start in first...max(first, last) where start + rank < sorted.count {
      smallest = min(smallest, max(value - sorted[start], sorted[start + rank] - value))
    }
    return smallest
  }

  /// How many sorted values lie within `radius` of `value`.
  private func countWithin(_ radius: Double, of value: Double, in sorted: [Double]) -> Int {
    let lower = firstIndex(in: sorted) { value - $0 <= radius }
    let upper = firstIndex(in: sorted) { $0 - value > radius }
    return upper - lower
  }

  /// The first index whose value satisfies a condition that stays true from there on.
  private func firstIndex(in sorted: [Double], where condition: (Double) -> Bool) -> Int {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if condition(sorted[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// The digamma function at positive whole numbers: minus Euler's constant plus harmonic numbers.
private struct DigammaTable {
  private let values: [Double]

  init(upTo largest: Int) {
    var values = [0, -0.577_215_664_901_532_9]
    for number in 1..<max(2, largest + 1) { values.append(values[number] + 1 / Double(number)) }
    self.values = values
  }

  subscript(_ number: Int) -> Double { values[number] }
}
