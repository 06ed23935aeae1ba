/// Access to an array's memory by closures that throw only dataset errors.
extension Array {
  /// Calls `body` with the elements' memory.
  func withBytes<Value>(
    _ body: (UnsafeRawBufferPointer) throws(DatasetError) -> Value
  ) throws(DatasetError) -> Value {
    let result: Result<Value, DatasetError> = withUnsafeBytes { buffer in
      do throws(DatasetError) { return .success(try body(buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Calls `body` with the elements' memory, for writing.
  mutating func withMutableBytes<Value>(
    _ body: (UnsafeMutableRawBufferPointer) throws(DatasetError) -> Value
  ) throws(DatasetError) -> Value {
    let result: Result<Value, DatasetError> = withUnsafeMutableBytes { buffer in
      do throws(DatasetError) { return .success(try body(buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
