import BenchSupport

/// What was found when a dataset was checked against what is known about it.
public struct DatasetVerification: Sendable {
  /// One thing that was checked.
  public struct Check: Sendable, Equatable {
    /// How it ended.
    public enum Outcome: String, Sendable {
      /// It is as published.
      case passed
      /// It is not as published.
      case failed
      /// Nothing was published to compare with.
      case unknown
    }

    /// What was checked.
    public let subject: String
    /// How it ended.
    public let outcome: Outcome
    /// What was found.
    public let detail: String
  }

  /// The checks, in the order they were made.
  public let checks: [Check]
  /// SHA-256 of the pixels and factors of 64 images spread over the dataset; nil if it cannot be
  /// opened.
  public let sampleDigest: String?

  /// Whether nothing failed.
  public var isPassed: Bool { checks.allSatisfy { $0.outcome != .failed } }
}

extension DatasetEntry {
  /// Checks files, shapes, factors and pixels.
  ///
  /// Files are compared with their published checksums, opening checks shapes and factor tables, and
  /// cached pixels are hashed again and compared with the hash from when they were decoded.
  ///
  /// - Parameter dataDirectory: The folder that holds one folder per dataset.
  /// - Returns: Every check, also the failed ones.
  /// - Throws: ``DatasetError/missingData(name:path:source:page:size:licence:)`` if the dataset is not there.
  public func verify(dataDirectory: String) throws(DatasetError) -> DatasetVerification {
    let folder = folder(in: dataDirectory)
    var checks: [DatasetVerification.Check] = []
    for part in parts(in: dataDirectory) {
      guard let place = part.place else {
        if let substitute = part.file.substitute {
          checks.append(
            .init(subject: part.file.path, outcome: .unknown, detail: "not there: \(substitute)"))
        }
        continue
      }
      let path = "\(folder)/\(place.path)"
      guard !isFolder(path) else { continue }
      checks.append(
        part.file.isOriginal(place)
          ? check(part.file, path, place)
          : .init(
            subject: place.path, outcome: .unknown,
            detail: "no checksum is published for it (layout: \(place.layout))"))
    }
    let dataset: any ImageDataset
    do throws(DatasetError) {
      dataset = try open(dataDirectory: dataDirectory)
    } catch {
      if case .missingData = error { throw error }
      checks.append(.init(subject: "contents", outcome: .failed, detail: error.description))
      return DatasetVerification(checks: checks, sampleDigest: nil)
    }
    let factors = (dataset as? any FactorDataset).map { ", factors \($0.factorSizes)" } ?? ""
    checks.append(
      .init(
        subject: "contents", outcome: .passed,
        detail: "\(dataset.count) images of \(dataset.imageShape)\(factors)"))
    checks += try pixelChecks(dataset)
    return DatasetVerification(checks: checks, sampleDigest: try Self.sampleDigest(dataset))
  }

  private func check(
    _ file: RemoteFile, _ path: String, _ place: RemoteFile.Place
  ) -> DatasetVerification.Check {
    do throws(DatasetError) {
      try file.check(path, name: path)
    } catch {
      return .init(subject: place.path, outcome: .failed, detail: error.description)
    }
    guard let checksum = file.checksum else {
      return .init(
        subject: place.path, outcome: .unknown, detail: "no checksum is published for it")
    }
    return .init(
      subject: place.path, outcome: .passed,
      detail: "\(checksum.algorithm.rawValue) \(checksum.digits)")
  }

  /// Hashes all pixels again where the hash of the decoding is known.
  private func pixelChecks(
    _ dataset: any ImageDataset
  ) throws(DatasetError) -> [DatasetVerification.Check] {
    let prefix = "sha256:"
    guard dataset.checksum.hasPrefix(prefix), dataset.checksum.count == prefix.count + 64 else {
      return []
    }
    var digest = Digest(.sha256)
    let step = max(1, (16 << 20) / dataset.imageShape.byteCount)
    var progress = ProgressReporter("verify \(dataset.name)", total: dataset.count)
    for first in stride(from: 0, to: dataset.count, by: step) {
      let pixels = try dataset.pixels(at: Array(first..<min(dataset.count, first + step)))
      pixels.withUnsafeBytes { digest.update($0) }
      progress.update(first)
    }
    progress.finish()
    let found = prefix + digest.hexadecimal()
    return [
      .init(
        subject: "cached pixels", outcome: found == dataset.checksum ? .passed : .failed,
        detail: found == dataset.checksum
          ? found : "found \(found), expected \(dataset.checksum); delete the cache folder")
    ]
  }

  /// SHA-256 over the pixels, and the factors if there are any, of 64 images spread evenly.
  static func sampleDigest(_ dataset: any ImageDataset) throws(DatasetError) -> String {
    let indices = (0..<64).map { $0 * (dataset.count - 1) / 63 }
    var digest = Digest(.sha256)
    let pixels = try dataset.pixels(at: indices)
    pixels.withUnsafeBytes { digest.update($0) }
    if let dataset = dataset as? any FactorDataset {
      let factors = indices.flatMap { dataset.factors(at: $0) }.map { Int32($0).littleEndian }
      factors.withUnsafeBytes { digest.update($0) }
    }
    return digest.hexadecimal()
  }
}
