import FoundationEssentials
import LinearAlgebra

/// A pickle of statistics as EDM2 publishes them: dictionaries of numpy arrays, of which nothing else is read.
struct StatisticsPickle {
  private let path: String
  private let arrays: [String: [String: [Double]]]

  /// Reads a file.
  ///
  /// - Throws: ``GenerationError/notStatistics(file:reason:)`` if it is missing, damaged, or holds something
  ///   else, ``WeightError/forbiddenPickle(path:request:)`` if it asks for anything but arrays.
  init(path: String) throws {
    self.path = path
    // Read, not mapped: a mapped file that another program shortens ends the process.
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw GenerationError.notStatistics(file: path, reason: "it cannot be read")
    }
    let parsed = data.withUnsafeBytes { bytes in
      Result { () throws(WeightError) in try Self.parse(bytes, path: path) }
    }
    switch parsed {
    case .success(let arrays): self.arrays = arrays
    case .failure(.malformed(_, let reason)):
      throw GenerationError.notStatistics(file: path, reason: reason)
    case .failure(let error): throw error
    }
  }

  /// The statistics under a key.
  ///
  /// - Parameters:
  ///   - key: For instance `fid` or `fd_dinov2`.
  ///   - count: Number of images behind them, where known.
  /// - Returns: The statistics.
  /// - Throws: ``GenerationError`` if there are none, or they are not statistics.
  func statistics(_ key: String, count: Int?) throws -> FeatureStatistics {
    guard let mean = arrays[key]?["mu"], let sigma = arrays[key]?["sigma"] else {
      throw GenerationError.notStatistics(
        file: path,
        reason: "it holds no 'mu' and 'sigma' under '\(key)' (found \(arrays.keys.sorted()))")
    }
    let (area, overflow) = mean.count.multipliedReportingOverflow(by: mean.count)
    guard !overflow, sigma.count == area, !mean.isEmpty else {
      throw GenerationError.shapeMismatch(
        set: path, array: "sigma", expected: "[\(mean.count), \(mean.count)] as 'mu' has",
        found: [sigma.count])
    }
    return try FeatureStatistics(
      name: path, mean: mean,
      covariance: Matrix(rowCount: mean.count, columnCount: mean.count, elements: sigma),
      count: count)
  }

  private static func parse(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(WeightError) -> [String: [String: [Double]]] {
    var unpickler = Unpickler(bytes, path: path)
    let value = try unpickler.next()
    guard let root = unpickler.dictionary(of: value) else {
      throw .malformed(path: path, reason: "it holds no dictionary of statistics")
    }
    var result: [String: [String: [Double]]] = [:]
    for key in root.names {
      guard let dictionary = root[key].flatMap(unpickler.dictionary(of:)) else { continue }
      for name in dictionary.names {
        guard let value = dictionary[name], let (array, type) = unpickler.array(of: value) else {
          continue
        }
        result[key, default: [:]][name] = try doubles(array, type, bytes, "\(key).\(name)")
      }
    }
    return result
  }

  /// The elements.
  ///
  /// Statistics are vectors and symmetric matrices: their order does not depend on that of
  /// the axes.
  private static func doubles(
    _ array: PickledArray, _ type: PickledArrayType, _ bytes: UnsafeRawBufferPointer, _ name: String
  ) throws(WeightError) -> [Double] {
    let sizes = ["f4": 4, "f8": 8]
    guard let size = sizes[type.name], ["<", "="].contains(type.order) else {
      throw .malformed(
        path: name,
        reason: "the elements of \(name) are \(type.order)\(type.name), not numbers that are read")
    }
    guard array.bytes.count % size == 0 else {
      throw .malformed(path: name, reason: "\(name) ends within an element")
    }
    let count = array.bytes.count / size
    var product = 1
    for extent in array.shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw .malformed(path: name, reason: "\(name) has the shape \(array.shape)")
      }
      product = next
    }
    guard product == count else {
      throw .malformed(
        path: name, reason: "\(name) has \(count) elements, its shape is \(array.shape)")
    }
    return (0..<count).map { index in
      let offset = array.bytes.lowerBound + index * size
      return size == 8
        ? bytes.loadUnaligned(fromByteOffset: offset, as: Double.self)
        : Double(bytes.loadUnaligned(fromByteOffset: offset, as: Float.self))
    }
  }
}
