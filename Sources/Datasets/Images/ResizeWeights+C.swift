extension ResizeWeights {
  /// Calls `body` with the windows' places and weights as the C code takes them.
  ///
  /// - Parameters:
  ///   - weights: ``weights``, in the type that the code computes in.
  ///   - body: Takes the first source pixel and the number of them for every target pixel, and the weights.
  /// - Returns: What `body` does.
  func withPointers<Weight, Value>(
    to weights: [Weight],
    _ body: (UnsafePointer<Int32>?, UnsafePointer<Int32>?, UnsafePointer<Weight>?) -> Value
  ) -> Value {
    let (starts, counts) = (starts.map { Int32($0) }, counts.map { Int32($0) })
    return starts.withUnsafeBufferPointer { starts in
      counts.withUnsafeBufferPointer { counts in
        weights.withUnsafeBufferPointer { weights in
          body(starts.baseAddress, counts.baseAddress, weights.baseAddress)
        }
      }
    }
  }
}

extension Array {
  /// An array that `fill` writes completely.
  init(filling count: Int, _ fill: (UnsafeMutableBufferPointer<Element>) -> Void) {
    self.init(unsafeUninitializedCapacity: count) { buffer, filled in
      fill(buffer)
      filled = count
    }
  }
}
