/// A NumPy `.npz` file: named arrays in a ZIP archive.
public struct NPZArchive: Sendable {
  /// How many bytes one array may take in memory unless told otherwise: 8 GiB.
  public static let defaultMemoryLimit = 8 << 30

  /// Where the file lies.
  public let path: String
  /// The names of the arrays, in the order of the file.
  public let names: [String]
  let archive: ZIPArchive

  /// Opens a file and reads its directory; arrays are read when asked for.
  ///
  /// - Throws: ``DatasetError`` if the file is missing or not an intact ZIP archive.
  public init(path: String) throws(DatasetError) {
    do throws(DatasetError) {
      archive = try ZIPArchive(path: path)
    } catch DatasetError.otherKind(let file, _, let found, let remedy) {
      throw .otherKind(
        file: file, expected: "a .npz file of NumPy", found: found, remedy: remedy)
    }
    self.path = path
    names = archive.members.compactMap { Self.arrayName($0.name) }
  }

  /// Reads one array, stored or deflated, in either byte order and either memory order.
  ///
  /// - Parameters:
  ///   - name: The array's name, without `.npy`.
  ///   - memoryLimit: Largest size in bytes that is read into memory.
  /// - Returns: The array.
  /// - Throws: ``DatasetError`` if it is missing, damaged, holds Python objects, or is too large.
  public func array(
    _ name: String, memoryLimit: Int = defaultMemoryLimit
  ) throws(DatasetError) -> NPYArray {
    let member = try member(name)
    return try NPYArray(
      archive.stream(member), byteCount: member.byteCount, memoryLimit: memoryLimit)
  }

  /// The array if the file has it, nil if not.
  ///
  /// - Throws: ``DatasetError`` if it is there and cannot be read.
  public func arrayIfPresent(_ name: String) throws(DatasetError) -> NPYArray? {
    names.contains(name) ? try array(name) : nil
  }

  /// The archive's member that holds an array.
  func member(_ name: String) throws(DatasetError) -> ZIPArchive.Member {
    guard let member = archive.member("\(name).npy") ?? archive.member(name) else {
      throw .missingArray(file: path, array: name, found: names)
    }
    return member
  }

  private static func arrayName(_ member: String) -> String? {
    member.hasSuffix(".npy") ? String(member.dropLast(4)) : nil
  }
}
