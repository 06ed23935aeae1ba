internal import CTorch

extension Libtorch {
  /// The floating-point operations of convolutions and matrix products in `body`.
  ///
  /// Forward and backward, on whatever thread; a multiplication and an addition are two. Other operators count
  /// nothing: they wait for memory. Not for use by two callers at once.
  ///
  /// - Parameter body: What is counted.
  /// - Returns: The operations, 0 where libtorch is not there.
  /// - Throws: Errors of `body` and ``TorchError``.
  package static func operations(of body: () throws -> Void) throws -> Int {
    guard let table = try? table() else {
      try body()
      return 0
    }
    try check("counting", table.pointee.set_counting(1))
    let result = Result { try body() }
    try check("counting", table.pointee.set_counting(0))
    try result.get()
    return Int(table.pointee.counted_operations())
  }
}
