internal import CCrypto
import Glibc

/// Checksums of files and bytes, by OpenSSL's libcrypto.
public struct Digest: ~Copyable {
  /// Which checksum.
  public enum Algorithm: String, Sendable, Codable {
    /// SHA-256, 64 hexadecimal digits.
    case sha256
    /// MD5, 32 hexadecimal digits: what most data sets were published with.
    case md5
  }

  private let context: OpaquePointer?

  /// Starts a checksum.
  public init(_ algorithm: Algorithm) {
    context = EVP_MD_CTX_new()
    let type = algorithm == .sha256 ? EVP_sha256() : EVP_md5()
    let started = EVP_DigestInit_ex(context, type, nil)
    precondition(started == 1, "libcrypto has no \(algorithm.rawValue)")
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes to the checksum.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    _ = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// The checksum so far, in hexadecimal digits.
  public consuming func hexadecimal() -> String {
    var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    _ = EVP_DigestFinal_ex(context, &bytes, &count)
    return bytes.prefix(Int(count)).map {
      $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16)
    }
    .joined()
  }

  /// The checksum of some bytes.
  public static func of(_ bytes: [UInt8], _ algorithm: Algorithm = .sha256) -> String {
    var digest = Digest(algorithm)
    bytes.withUnsafeBytes { digest.update($0) }
    return digest.hexadecimal()
  }

  /// The checksum of a file, read in pieces of 4 MiB.
  ///
  /// - Throws: ``FileError/cannotRead(path:reason:)``.
  public static func ofFile(_ path: String, _ algorithm: Algorithm = .sha256) throws(FileError)
    -> String
  {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .cannotRead(path: path, reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var digest = Digest(algorithm)
    var buffer = [UInt8](repeating: 0, count: 4 << 20)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw .cannotRead(path: path, reason: String(cString: strerror(errno)))
      }
      guard count > 0 else { return digest.hexadecimal() }
      buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
    }
  }
}
