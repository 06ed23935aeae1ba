import BenchSupport
import FoundationEssentials
import Glibc

/// What a pixel cache is made from, and how.
struct PixelSource {
  /// The cache's file name, without `.pixels`.
  let name: String
  /// Names the way from files to pixels, for instance `shapes3d:v1`; another one is another cache.
  let recipe: String
  /// The files it is made from; a change of their size or time makes the cache stale.
  let files: [String]
  let imageShape: ImageShape
  let count: Int
  /// Writes all images in order.
  let produce: (inout PixelSink) throws(DatasetError) -> Void
}

/// Decoded images as one file: made once, opened in no time.
///
/// A cache is 4,096 bytes of header (magic, length, JSON), then the pixels. It is written to a
/// temporary name, synced and renamed, so a cache that exists is whole; one that is stale, truncated
/// or of another recipe is made again. A lock file lets two processes ask for the same cache.
enum PixelCache {
  static let headerByteCount = 4096
  private static let magic = Array("BENCHPX1".utf8)

  /// What the header says.
  struct Header: Codable, Equatable {
    let recipe: String
    let imageShape: ImageShape
    let count: Int
    /// Size and modification time of every source file.
    let sources: [FileStamp]
    /// SHA-256 of all pixels.
    let checksum: String

    /// Bytes of all pixels; nil if no file can have so many.
    var byteCount: Int? {
      checkedProduct([count, imageShape.height, imageShape.width, imageShape.channelCount])
        .flatMap { $0 <= .max - PixelCache.headerByteCount ? $0 : nil }
    }
  }

  /// Identifies a version of a file without reading it.
  struct FileStamp: Codable, Equatable {
    let byteCount: Int
    let modifiedNanoseconds: Int

    init(_ path: String) throws(DatasetError) {
      var status = stat()
      guard stat(path, &status) == 0 else { throw .reading(path) }
      byteCount = Int(status.st_size)
      modifiedNanoseconds = status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
    }
  }

  /// The cache of `source`, made now if there is none that fits.
  ///
  /// It lies in `folder`, or where ``PixelCacheFolders`` puts it.
  ///
  /// - Throws: ``DatasetError`` if the sources cannot be read or the cache cannot be written.
  static func open(_ source: PixelSource, folder: String) throws(DatasetError) -> StoredPixels {
    let folders = PixelCacheFolders.current
    for place in folders.places(of: folder) {
      if let cached = try existing("\(place)/\(source.name).pixels", source) { return cached }
    }
    let path = try "\(folders.writable(for: folder))/\(source.name).pixels"
    let lock = try FileLock.waiting(for: "\(path).lock")
    defer { lock.release() }
    // Another process may have made it while this one waited.
    if let cached = try existing(path, source) { return cached }
    try make(path, source)
    guard let cached = try existing(path, source) else {
      throw .cannotRead(path: path, reason: "its source changed while it was being made")
    }
    return cached
  }

  /// The header of a cache file; nil if it is not a whole cache.
  static func header(of path: String) -> Header? {
    guard let file = try? InputFile(path: path), file.byteCount >= headerByteCount,
      let bytes = try? file.bytes(in: 0..<headerByteCount), bytes.starts(with: magic)
    else { return nil }
    let length = Int(bytes[8]) | Int(bytes[9]) << 8
    guard length <= headerByteCount - 10,
      let header = try? JSONDecoder().decode(Header.self, from: Data(bytes[10..<10 + length])),
      let size = header.byteCount,
      file.byteCount == headerByteCount + size
    else { return nil }
    return header
  }

  private static func existing(
    _ path: String, _ source: PixelSource
  ) throws(DatasetError) -> StoredPixels? {
    guard let header = header(of: path), header.recipe == source.recipe,
      header.imageShape == source.imageShape, header.count == source.count
    else { return nil }
    // Sources may be deleted once the cache is there; if they are, they must be the same.
    for (file, stamp) in zip(source.files, header.sources) {
      guard let found = try? FileStamp(file) else { continue }
      guard found == stamp else { return nil }
    }
    return StoredPixels(
      try InputFile(path: path), offset: headerByteCount, imageShape: header.imageShape,
      count: header.count, checksum: "sha256:\(header.checksum)")
  }

  private static func make(_ path: String, _ source: PixelSource) throws(DatasetError) {
    var stamps: [FileStamp] = []
    for file in source.files { stamps.append(try FileStamp(file)) }
    let size = source.count * source.imageShape.byteCount
    do throws(DatasetError) {
      try DiskSpace.require(headerByteCount + size, at: path)
    } catch { throw error.withAdvice }
    let temporary = "\(path).tmp-\(getpid())"
    do throws(DatasetError) {
      var sink = try PixelSink(path: temporary, source: source)
      try source.produce(&sink)
      try sink.finish { checksum in
        Header(
          recipe: source.recipe, imageShape: source.imageShape, count: source.count,
          sources: stamps, checksum: checksum)
      }
      try renameSynced(temporary, to: path)
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func renameSynced(_ source: String, to target: String) throws(DatasetError) {
    do { try AtomicFile.rename(source, to: target) } catch { throw DatasetError(error) }
  }

  fileprivate static func encoded(_ header: Header) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = (try? encoder.encode(header)) ?? Data()
    precondition(json.count <= headerByteCount - 10, "a header of \(json.count) bytes")
    let length = [UInt8(json.count & 0xFF), UInt8(json.count >> 8)]
    let bytes = magic + length + json
    return bytes + [UInt8](repeating: 0, count: headerByteCount - bytes.count)
  }
}

/// Takes images in order while a cache is being made.
struct PixelSink: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private let expected: Int
  private var written = 0
  private var digest: Digest? = Digest(.sha256)
  private var progress: ProgressReporter

  fileprivate init(path: String, source: PixelSource) throws(DatasetError) {
    self.path = path
    expected = source.count * source.imageShape.byteCount
    progress = ProgressReporter("prepare \(source.name)", total: source.count)
    imageByteCount = source.imageShape.byteCount
    descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .writing(path) }
    let blank = [UInt8](repeating: 0, count: PixelCache.headerByteCount)
    try blank.withBytes { (bytes) throws(DatasetError) in try write(bytes) }
  }
  private let imageByteCount: Int

  deinit { close(descriptor) }

  /// Adds whole images.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(DatasetError) {
    precondition(bytes.count <= expected - written, "more pixels than announced")
    try write(bytes)
    digest?.update(bytes)
    written += bytes.count
    progress.update(written / max(1, imageByteCount))
  }

  /// Writes the header and waits until everything is on the disk.
  fileprivate mutating func finish(
    _ header: (_ checksum: String) -> PixelCache.Header
  ) throws(DatasetError) {
    precondition(written == expected, "\(written) bytes of pixels instead of \(expected)")
    progress.finish()
    let checksum = digest.take()?.hexadecimal() ?? ""
    let bytes = PixelCache.encoded(header(checksum))
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .writing(path) }
    try bytes.withBytes { (bytes) throws(DatasetError) in try write(bytes) }
    guard fsync(descriptor) == 0 else { throw .writing(path) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(DatasetError) {
    var offset = 0
    while offset < bytes.count {
      let count = Glibc.write(
        descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .writing(path) }
      offset += count
    }
  }
}
