import BenchSupport
import Glibc

/// Where caches of decoded pixels lie.
public struct PixelCacheFolders: Sendable {
  /// Those of the current task.
  @TaskLocal public static var current = PixelCacheFolders()

  /// The folder that the user chose for all caches; nil for a place beside the data.
  public let chosen: String?
  /// The user's folder, for caches of data that lie where nothing can be written.
  public let user: String?

  /// Describes the folders.
  ///
  /// - Parameters:
  ///   - chosen: The folder that the user chose for all caches.
  ///   - user: The user's folder, which serves where a place beside the data cannot be written.
  public init(chosen: String? = nil, user: String? = nil) {
    self.chosen = chosen
    self.user = user
  }

  /// Where a cache may be whose place beside the data is `folder`, in the order of preference.
  func places(of folder: String) -> [String] {
    // One data folder has one place, however its path is written.
    let key = Digest.of(Array(absolutePath(folder).utf8)).prefix(16)
    if let chosen { return ["\(chosen)/\(key)"] }
    return [folder] + (user.map { ["\($0)/pixels/\(key)"] } ?? [])
  }

  /// The first of the places that can be written, made if need be.
  ///
  /// - Throws: ``DatasetError/cannotWrite(path:reason:)`` of the first place, with the option that helps.
  func writable(for folder: String) throws(DatasetError) -> String {
    var first: DatasetError?
    for place in places(of: folder) {
      do throws(DatasetError) {
        try makeFolder(place)
        guard access(place, W_OK) == 0 else { throw .writing(place) }
        return place
      } catch { first = first ?? error }
    }
    throw (first ?? .writing(folder)).withAdvice
  }
}

extension DatasetError {
  /// The same error with the option that puts a cache elsewhere.
  var withAdvice: DatasetError {
    guard case .cannotWrite(let path, let reason) = self else { return self }
    return .cannotWrite(path: path, reason: "\(reason); put the cache elsewhere with --cache-dir")
  }
}
