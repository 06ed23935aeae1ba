/// A quantile with linear interpolation between order statistics, numpy's default; O(n).
///
/// - Parameters:
///   - share: The quantile, in 0…1.
///   - values: At least one value; in another order on return.
/// - Returns: The quantile, interpolated linearly.
func quantile(_ share: Double, ofUnsorted values: inout [Double]) -> Double {
  let position = share * Double(values.count - 1)
  let lower = Int(position)
  return values.withUnsafeMutableBufferPointer { values in
    if values.count - lower <= largestCount {
      let (value, next) = smallest(ofLargest: values.count - lower, in: values)
      return value + (position - Double(lower)) * (next - value)
    }
    select(lower, in: values)
    let value = values[lower]
    guard lower + 1 < values.count else { return value }
    // What lies behind the selected value is at least as large.
    let next = values[(lower + 1)...].reduce(.infinity, min)
    return value + (position - Double(lower)) * (next - value)
  }
}

/// Up to so many largest values are found in one pass over the others: few of them pass its one comparison.
private let largestCount = 32

/// The smallest two of the `count` largest values; of one, that value twice.
private func smallest(
  ofLargest count: Int, in values: UnsafeMutableBufferPointer<Double>
) -> (value: Double, next: Double) {
  withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { kept in
    kept.initialize(repeating: -.infinity)
    var smallest = -Double.infinity
    for value in values where value > smallest {
      // Insertion from the small end, over the smallest.
      var place = 0
      while place + 1 < count && kept[place + 1] < value {
        kept[place] = kept[place + 1]
        place += 1
      }
      kept[place] = value
      smallest = kept[0]
    }
    return (kept[0], kept[min(1, count - 1)])
  }
}

/// Moves the value of a rank to its place, smaller ones before it and larger ones behind it.
///
/// Hoare's selection with the median of three as pivot.
private func select(_ rank: Int, in values: UnsafeMutableBufferPointer<Double>) {
  var (low, high) = (0, values.count - 1)
  while low < high {
    let middle = low + (high - low) / 2
    let pivot = max(
      min(values[low], values[middle]), min(max(values[low], values[middle]), values[high]))
    var (left, right) = (low, high)
    while left <= right {
      while values[left] < pivot { left += 1 }
      while values[right] > pivot { right -= 1 }
      if left <= right {
        values.swapAt(left, right)
        left += 1
        right -= 1
      }
    }
    if rank <= right {
      high = right
    } else if rank >= left {
      low = left
    } else {
      return
    }
  }
}

/// A quantile of sorted values with linear interpolation between order statistics.
func quantile(_ share: Double, ofSorted values: [Double]) -> Double {
  let position = share * Double(values.count - 1)
  let lower = Int(position)
  guard lower + 1 < values.count else { return values[values.count - 1] }
  return values[lower] + (position - Double(lower)) * (values[lower + 1] - values[lower])
}
