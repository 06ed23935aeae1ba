/// The positions of `values` in ascending order of value; equal values keep their order.
///
/// Three passes of a radix sort over 11 bits each: O(n). −0 comes before 0.
///
/// - Parameter values: Finite; fewer than 2^32.
/// - Returns: The positions of the values, smallest value first.
package func sortedOrder(_ values: [Float]) -> [UInt32] {
  precondition(values.count <= Int(UInt32.max), "\(values.count) values to sort")
  guard values.count > 512 else {
    return values.indices.map { UInt64(values[$0].orderedBits) << 32 | UInt64($0) }.sorted()
      .map { UInt32(truncatingIfNeeded: $0) }
  }
  let digitBits: UInt32 = 11
  let mask: UInt32 = 1 << digitBits - 1
  let keys = values.map(\.orderedBits)
  var order = Array(0..<UInt32(values.count))
  var next = order
  for pass in 0..<UInt32(3) {
    var starts = [Int](repeating: 0, count: 1 << Int(digitBits) + 1)
    for key in keys { starts[Int(key >> (pass * digitBits) & mask) + 1] += 1 }
    for digit in 1..<starts.count { starts[digit] += starts[digit - 1] }
    for position in order {
      let digit = Int(keys[Int(position)] >> (pass * digitBits) & mask)
      next[starts[digit]] = position
      starts[digit] += 1
    }
    swap(&order, &next)
  }
  return order
}

extension Float {
  /// Bits that compare as unsigned integers in the order of the values.
  fileprivate var orderedBits: UInt32 {
    bitPattern & 0x8000_0000 == 0 ? bitPattern | 0x8000_0000 : ~bitPattern
  }
}

/// The positions of values in increasing order; equal values keep their order.
func sortedOrder(_ values: [Double]) -> [Int32] {
  var keyed = values.enumerated().map { (key: $1, index: Int32($0)) }
  keyed.sort { ($0.key, $0.index) < ($1.key, $1.index) }
  return keyed.map(\.index)
}
