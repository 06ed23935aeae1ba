import BenchSupport
internal import CCurl
import Glibc

/// How patient a download is.
public struct DownloadOptions: Sendable {
  /// Tries per location after the first.
  public var retryCount = 5
  /// Pause before the second try, doubled for every further one.
  public var retrySeconds = 1.0
  /// Gives a connection up when nothing arrives for so long.
  public var stallSeconds = 60
  /// Shows no progress.
  public var isQuiet = false

  /// Patience for slow and unreliable servers.
  public init() {}
}

/// One file on its way from a server to the disk.
///
/// Bytes go to `path.part`; a download that was cut off goes on there, in this process or a later one.
/// A lock file beside it, gone when the download ends, keeps other processes from doing the same.
/// Only a file whose size and checksum are the published ones gets its name.
struct Download {
  let url: String
  let path: String
  let expected: RemoteFile
  let options: DownloadOptions

  private var partPath: String { "\(path).part" }

  /// Downloads, with retries, checks and names the file.
  func run() throws(DatasetError) {
    let lock = try FileLock.waiting(for: "\(path).lock")
    defer { lock.release(removingFile: true) }
    // Another process may have fetched it while this one waited.
    guard !exists(path) else { return }
    // What an earlier process left may be of another file: then one download from the start.
    var mayBeForeign = exists(partPath)
    var pause = options.retrySeconds
    var triesLeft = options.retryCount
    while true {
      let attempt = try Attempt(self)
      switch attempt.run() {
      case .done:
        do throws(DatasetError) {
          try checkAndName()
          return
        } catch {
          guard mayBeForeign else { throw error }
          mayBeForeign = false
        }
      case .restart:
        unlink(partPath)
        mayBeForeign = false
      case .failed(let error):
        throw error
      case .retry(let reason):
        // Progress earns new patience: a server that drops every connection still delivers.
        if attempt.receivedCount > 0 {
          triesLeft = options.retryCount
          pause = options.retrySeconds
        }
        guard triesLeft > 0 else { throw failure("\(reason), \(options.retryCount + 1) times") }
        triesLeft -= 1
        usleep(UInt32(min(pause, 60) * 1_000_000))
        pause *= 2
      }
    }
  }

  /// Copies a file that is already on this machine, checks and names it.
  func copy(from source: String) throws(DatasetError) {
    let lock = try FileLock.waiting(for: "\(path).lock")
    defer { lock.release(removingFile: true) }
    guard !exists(path) else { return }
    let file = try InputFile(path: source)
    try DiskSpace.require(file.byteCount, at: path)
    unlink(partPath)
    let part = try PartFile(partPath)
    var buffer = [UInt8](repeating: 0, count: 4 << 20)
    var offset = 0
    while offset < file.byteCount {
      let count = try buffer.withMutableBytes { (bytes) throws(DatasetError) in
        try file.read(at: offset, into: bytes)
      }
      guard count > 0 else { throw .cannotRead(path: source, reason: "it became shorter") }
      try buffer.withBytes { (bytes) throws(DatasetError) in
        try part.append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      }
      offset += count
    }
    try checkAndName(source: source)
  }

  fileprivate func failure(_ reason: String) -> DatasetError {
    .downloadFailed(url: url, reason: reason)
  }

  /// Refuses what is not the published file; what was downloaded is then removed.
  private func checkAndName(source: String? = nil) throws(DatasetError) {
    do throws(DatasetError) {
      try expected.check(partPath, name: source ?? url)
      do {
        try AtomicFile.rename(partPath, to: path)
      } catch { throw DatasetError(error) }
    } catch {
      unlink(partPath)
      throw error
    }
  }
}

extension RemoteFile {
  /// Throws unless the file at `path` has the published size and checksum.
  ///
  /// Without a published checksum, a web page in place of data is still refused.
  func check(_ path: String, name: String) throws(DatasetError) {
    let file = try InputFile(path: path)
    let start = try file.bytes(in: 0..<min(512, file.byteCount))
    guard FileKind(start: start) != .other("a web page") else {
      throw .contentMismatch(file: name, expected: lastComponent(self.path), found: "a web page")
    }
    if let byteCount, byteCount != file.byteCount {
      throw .contentMismatch(
        file: name, expected: "\(byteCount) bytes", found: "\(file.byteCount)")
    }
    guard let checksum else { return }
    let found = try Self.sum(of: path, checksum.algorithm)
    guard found == checksum.digits else {
      throw .contentMismatch(
        file: name, expected: "\(checksum.algorithm.rawValue) \(checksum.digits)", found: found)
    }
  }

  private static func sum(
    of path: String, _ algorithm: Digest.Algorithm
  ) throws(DatasetError) -> String {
    do { return try Digest.ofFile(path, algorithm) } catch { throw DatasetError(error) }
  }
}

extension RemoteFile.Checksum {
  var algorithm: Digest.Algorithm {
    switch self {
    case .md5: .md5
    case .sha256: .sha256
    }
  }

  /// The hexadecimal digits.
  public var digits: String {
    switch self {
    case .md5(let digits), .sha256(let digits): digits
    }
  }
}

/// The file that grows while a download runs.
private final class PartFile {
  private let path: String
  private let descriptor: Int32
  private(set) var byteCount: Int

  /// Opens the file to append to it; creates it if there is none.
  init(_ path: String) throws(DatasetError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .writing(path) }
    byteCount = Int(lseek(descriptor, 0, SEEK_END))
  }

  deinit { close(descriptor) }

  func append(_ bytes: UnsafeRawBufferPointer) throws(DatasetError) {
    var offset = 0
    while offset < bytes.count {
      let count = write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .writing(path) }
      offset += count
    }
    byteCount += bytes.count
  }
}

/// One connection of a download.
private final class Attempt {
  enum Outcome {
    case done
    case restart
    case retry(reason: String)
    case failed(DatasetError)
  }

  private(set) var receivedCount = 0
  private let download: Download
  private let part: PartFile
  private var progress: ProgressReporter
  private var failure: DatasetError?

  init(_ download: Download) throws(DatasetError) {
    self.download = download
    part = try PartFile("\(download.path).part")
    progress = ProgressReporter(
      "fetch \(lastComponent(download.path))", total: (download.expected.byteCount ?? 0) >> 20,
      isQuiet: download.options.isQuiet)
  }

  func run() -> Outcome {
    // A part as long as the file was cut off between its last byte and its check.
    if part.byteCount > 0 && part.byteCount == download.expected.byteCount { return .done }
    var message = [CChar](repeating: 0, count: 512)
    let outcome = ccurl_get(
      download.url, Int64(part.byteCount), download.options.stallSeconds,
      { context, total in
        guard let context else { return 1 }
        return Unmanaged<Attempt>.fromOpaque(context).takeUnretainedValue().begin(Int(total))
      },
      { context, bytes, count in
        guard let context else { return 1 }
        return Unmanaged<Attempt>.fromOpaque(context).takeUnretainedValue()
          .receive(UnsafeRawBufferPointer(start: bytes, count: count))
      }, Unmanaged.passUnretained(self).toOpaque(), &message, message.count)
    progress.finish()
    if let failure { return .failed(failure) }
    let reason = String(
      decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    switch outcome {
    case ccurl_done: return .done
    case ccurl_restart: return .restart
    case ccurl_retry: return .retry(reason: reason)
    default: return .failed(download.failure(reason))
    }
  }

  private func begin(_ total: Int) -> Int32 {
    stopping { () throws(DatasetError) in
      guard total >= 0 else { return }
      if let expected = download.expected.byteCount, total != expected {
        throw .contentMismatch(
          file: download.url, expected: "\(expected) bytes", found: "\(total)")
      }
      try DiskSpace.require(total - part.byteCount, at: download.path)
      progress = ProgressReporter(
        "fetch \(lastComponent(download.path))", total: total >> 20,
        isQuiet: download.options.isQuiet)
    }
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    stopping { () throws(DatasetError) in
      try part.append(bytes)
      receivedCount += bytes.count
      progress.update(part.byteCount >> 20, detail: "MB")
    }
  }

  /// Keeps an error for after the transfer, which it stops.
  private func stopping(_ body: () throws(DatasetError) -> Void) -> Int32 {
    do throws(DatasetError) {
      try body()
      return 0
    } catch {
      failure = error
      return 1
    }
  }
}
