import BenchSupport

/// Images of one shape, by index, as bytes.
///
/// Reading is deterministic and safe from several threads at once.
public protocol ImageDataset: Sendable {
  /// The name in the catalog, for instance `shapes3d`.
  var name: String { get }
  /// The shape of every image.
  var imageShape: ImageShape { get }
  /// The number of images.
  var count: Int { get }
  /// Identifies the data itself, for instance `sha256:…` of all pixels or `builtin:scenes3d:v1`.
  var checksum: String { get }
  /// What a user should know about what was found, one sentence each.
  var notes: [String] { get }
  /// Reads images one after another, each `[height, width, channel]`.
  ///
  /// - Parameters:
  ///   - indices: Which images, each in `0..<count`; may repeat.
  ///   - pixels: Room for exactly `indices.count * imageShape.byteCount` bytes.
  /// - Throws: ``DatasetError`` if the data cannot be read.
  func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError)
}

/// Images drawn from every combination of known factors of variation.
public protocol FactorDataset: ImageDataset {
  /// The factors' names, in the order of ``factorSizes``.
  var factorNames: [String] { get }
  /// How many values each factor takes.
  var factorSizes: [Int] { get }
  /// The value of every factor of an image.
  func factors(at index: Int) -> [Int]
  /// An image with these values; the inverse of ``factors(at:)`` where images are a full grid.
  func index(ofFactors factors: [Int]) -> Int
}

/// Images that carry binary attributes.
public protocol AttributeDataset: ImageDataset {
  /// The attributes' names.
  var attributeNames: [String] { get }
  /// Which attributes an image has, in the order of ``attributeNames``.
  func attributes(at index: Int) -> [Bool]
}

extension ImageDataset {
  /// Nothing.
  public var notes: [String] { [] }

  /// Images as one array, `[image, height, width, channel]`, read on all allowed threads.
  ///
  /// - Throws: ``DatasetError`` if the data cannot be read.
  public func pixels(at indices: [Int]) throws(DatasetError) -> [UInt8] {
    let size = imageShape.byteCount
    var result = [UInt8](repeating: 0, count: indices.count * size)
    let piece = max(1, (indices.count + Parallel.threadCount - 1) / max(1, Parallel.threadCount))
    let pieceCount = (indices.count + piece - 1) / piece
    let failures: [DatasetError?] = result.withUnsafeMutableBufferPointer { buffer in
      // Every piece writes its own part of the buffer.
      nonisolated(unsafe) let target = buffer
      return Parallel.map(pieceCount) { number -> DatasetError? in
        let range = number * piece..<min(indices.count, (number + 1) * piece)
        let part = UnsafeMutableBufferPointer(
          rebasing: target[range.lowerBound * size..<range.upperBound * size])
        do throws(DatasetError) {
          try read(Array(indices[range]), into: part)
          return nil
        } catch { return error }
      }
    }
    for case let failure? in failures { throw failure }
    return result
  }

  /// One image as a picture.
  ///
  /// - Throws: ``DatasetError`` if the data cannot be read.
  public func image(at index: Int) throws(DatasetError) -> RasterImage {
    RasterImage(shape: imageShape, pixels: try pixels(at: [index]))
  }

  /// Traps on what only a caller's mistake can cause.
  func checkRequest(_ indices: [Int], _ pixels: UnsafeMutableBufferPointer<UInt8>) {
    precondition(
      pixels.count == indices.count * imageShape.byteCount,
      "room for \(pixels.count) bytes, \(indices.count) images of \(imageShape) asked for")
    for index in indices {
      precondition((0..<count).contains(index), "image \(index) of \(count)")
    }
  }
}

extension FactorDataset {
  /// Mixed radix, the last factor fastest.
  public func factors(at index: Int) -> [Int] {
    FactorGrid(sizes: factorSizes).factors(at: index)
  }

  /// Mixed radix, the last factor fastest.
  public func index(ofFactors factors: [Int]) -> Int {
    FactorGrid(sizes: factorSizes).index(ofFactors: factors)
  }
}
