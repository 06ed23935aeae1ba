import BenchSupport
internal import CZlibShims

/// Writes NumPy `.npy` and `.npz` files, the same bytes for the same arrays every time.
public enum NPZWriter {
  /// Writes named arrays, in the order given, as one `.npz` file that appears whole or not at all.
  ///
  /// - Parameters:
  ///   - arrays: Names without `.npy`, and the arrays.
  ///   - path: The file to write.
  ///   - isCompressed: Deflates the arrays, as `numpy.savez_compressed` does.
  /// - Throws: ``DatasetError/cannotWrite(path:reason:)``.
  public static func write(
    _ arrays: KeyValuePairs<String, NPYArray>, to path: String, isCompressed: Bool = false
  ) throws(DatasetError) {
    try write(arrays.map { ($0.key, $0.value) }, to: path, isCompressed: isCompressed)
  }

  /// Writes named arrays, in the order given, as one `.npz` file that appears whole or not at all.
  ///
  /// - Parameters:
  ///   - arrays: Names without `.npy`, and the arrays.
  ///   - path: The file to write.
  ///   - isCompressed: Deflates the arrays, as `numpy.savez_compressed` does.
  /// - Throws: ``DatasetError/cannotWrite(path:reason:)``.
  public static func write(
    _ arrays: [(name: String, array: NPYArray)], to path: String, isCompressed: Bool = false
  ) throws(DatasetError) {
    var zip = ZIPWriter()
    for (name, array) in arrays {
      zip.append("\(name).npy", array.encoded(), isCompressed: isCompressed)
    }
    let bytes = zip.finished()
    do { try AtomicFile.write(bytes, to: path) } catch { throw DatasetError(error) }
  }
}

extension NPYArray {
  /// The `.npy` file's bytes.
  func encoded() -> [UInt8] { NPYHeader.encoded(dataType, shape: shape) + bytes }

  /// Writes the array as a `.npy` file that appears whole or not at all.
  ///
  /// - Throws: ``DatasetError/cannotWrite(path:reason:)``.
  public func write(to path: String) throws(DatasetError) {
    do { try AtomicFile.write(encoded(), to: path) } catch { throw DatasetError(error) }
  }
}

/// Builds a ZIP archive in memory; members and directory use ZIP64 only where sizes need it.
struct ZIPWriter {
  private var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var memberCount = 0

  /// Adds a member.
  mutating func append(_ name: String, _ contents: [UInt8], isCompressed: Bool) {
    let checksum = contents.withUnsafeBytes { czlib_crc32(0, $0.baseAddress, $0.count) }
    let deflated = isCompressed ? Self.deflated(contents) : nil
    let data = deflated ?? contents
    let offset = bytes.count
    let isLarge = contents.count >= 0xFFFF_FFFF || data.count >= 0xFFFF_FFFF
    var common: [UInt8] = []
    common.append(UInt16(isLarge || offset >= 0xFFFF_FFFF ? 45 : 20))
    common.append(UInt16(0x800))  // names are UTF-8
    common.append(UInt16(deflated == nil ? 0 : 8))
    common.append(UInt16(0))
    common.append(UInt16(0x21))  // 1980-01-01, so that equal arrays give equal files
    common.append(checksum)
    common.append(UInt32(isLarge ? 0xFFFF_FFFF : data.count))
    common.append(UInt32(isLarge ? 0xFFFF_FFFF : contents.count))
    common.append(UInt16(name.utf8.count))

    var sizes: [UInt8] = []
    if isLarge {
      sizes.append(UInt64(contents.count))
      sizes.append(UInt64(data.count))
    }
    bytes.append(UInt32(0x0403_4b50))
    bytes += common
    bytes.append(UInt16(sizes.isEmpty ? 0 : sizes.count + 4))
    bytes += name.utf8
    bytes += Self.largeField(sizes)
    bytes += data

    if offset >= 0xFFFF_FFFF { sizes.append(UInt64(offset)) }
    directory.append(UInt32(0x0201_4b50))
    directory.append(UInt16(45))
    directory += common
    directory.append(UInt16(sizes.isEmpty ? 0 : sizes.count + 4))
    directory += [UInt8](repeating: 0, count: 10)
    directory.append(UInt32(min(offset, 0xFFFF_FFFF)))
    directory += name.utf8
    directory += Self.largeField(sizes)
    memberCount += 1
  }

  /// The archive's bytes.
  consuming func finished() -> [UInt8] {
    let offset = bytes.count
    bytes += directory
    if offset >= 0xFFFF_FFFF || memberCount >= 0xFFFF {
      let end = bytes.count
      bytes.append(UInt32(0x0606_4b50))
      bytes.append(UInt64(44))
      bytes.append(UInt16(45))
      bytes.append(UInt16(45))
      bytes.append(UInt64(0))
      bytes.append(UInt64(memberCount))
      bytes.append(UInt64(memberCount))
      bytes.append(UInt64(directory.count))
      bytes.append(UInt64(offset))
      bytes.append(UInt32(0x0706_4b50))
      bytes.append(UInt32(0))
      bytes.append(UInt64(end))
      bytes.append(UInt32(1))
    }
    bytes.append(UInt32(0x0605_4b50))
    bytes.append(UInt32(0))
    bytes.append(UInt16(min(memberCount, 0xFFFF)))
    bytes.append(UInt16(min(memberCount, 0xFFFF)))
    bytes.append(UInt32(min(directory.count, 0xFFFF_FFFF)))
    bytes.append(UInt32(min(offset, 0xFFFF_FFFF)))
    bytes.append(UInt16(0))
    return bytes
  }

  private static func largeField(_ sizes: [UInt8]) -> [UInt8] {
    guard !sizes.isEmpty else { return [] }
    var field: [UInt8] = []
    field.append(UInt16(1))
    field.append(UInt16(sizes.count))
    return field + sizes
  }

  /// The deflated bytes; nil if that would not be smaller.
  private static func deflated(_ contents: [UInt8]) -> [UInt8]? {
    var output = [UInt8](repeating: 0, count: czlib_deflate_bound(contents.count))
    let count = contents.withUnsafeBytes { input in
      output.withUnsafeMutableBytes {
        czlib_deflate(czlib_raw, input.baseAddress, input.count, $0.baseAddress, $0.count)
      }
    }
    guard count > 0 && count < contents.count else { return nil }
    output.removeLast(output.count - count)
    return output
  }
}

extension [UInt8] {
  /// Appends an integer, little-endian.
  mutating func append<T: FixedWidthInteger>(_ value: T) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
