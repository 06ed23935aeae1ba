import BenchSupport
import Datasets
import FoundationEssentials
import Glibc
import Torch

/// One tensor of a weights file: its shape and its elements in row-major order.
public struct WeightArray: Sendable, Equatable {
  /// The size of each dimension.
  public let shape: [Int]
  /// The elements, row-major.
  public let elements: [Float]
}

/// The named tensors of a trained network, read from what torch or others saved.
///
/// Reads torch's old checkpoints (a run of pickles and storages), its new ones (a ZIP archive) and
/// `.safetensors`; of TorchScript archives, which are programs, the tensors among the attributes of their
/// objects. Nothing in the file is ever run, strides are honoured, and every size is checked before memory is
/// taken.
public struct WeightFile {
  /// Where the file lies.
  public let path: String
  /// The tensors' names, sorted, without what wrappers of networks put before all of them.
  public var names: [String] { contents.names.map { String($0.dropFirst(prefix.count)) } }

  private let contents: any WeightContents
  /// What stands before all names in the file.
  private let prefix: String

  /// Opens a file and reads what it says about its tensors, not the tensors.
  ///
  /// A name that ends in `-` and eight or more hexadecimal digits, as torch's hub names files,
  /// promises the beginning of the file's SHA-256, which is then checked.
  ///
  /// - Parameters:
  ///   - path: The file; its format is told from its contents.
  ///   - isPartial: Opens a file that is cut off too, and does not check its checksum; tensors
  ///     that lie beyond its end then fail when they are read.
  /// - Throws: ``WeightError``.
  public init(path: String, isPartial: Bool = false) throws(WeightError) {
    self.path = path
    guard let head = Self.head(of: path) else {
      throw .cannotRead(path: path, reason: "it is missing or not a readable file")
    }
    switch Self.format(head) {
    case .legacy: contents = try LegacyCheckpoint(path: path)
    case .zip: contents = try ZIPCheckpoint(path: path)
    case .safetensors: contents = try SafetensorsContents(path: path)
    case .unknown:
      throw .malformed(
        path: path,
        reason: head.isEmpty ? "it is empty" : "it begins like neither a checkpoint nor safetensors"
      )
    }
    prefix = Self.commonPrefix(contents.names)
    guard !isPartial else { return }
    try contents.checkIsWhole()
    try checkNamedDigest()
  }

  /// The tensor of a name.
  ///
  /// - Throws: ``WeightError`` if there is none or the file is damaged there.
  public func array(_ name: String) throws(WeightError) -> WeightArray {
    try contents.array(prefix + name)
  }

  /// What `DataParallel`, `torch.compile` and classes around a network put before the names of all tensors.
  private static let wrappers: Set<Substring> = [
    "module", "_orig_mod", "model", "net", "inception",
  ]

  private static func commonPrefix(_ names: [String]) -> String {
    var prefix = ""
    while let wrapper = names.first?.dropFirst(prefix.count).prefix(while: { $0 != "." }),
      wrappers.contains(wrapper), names.allSatisfy({ $0.hasPrefix("\(prefix)\(wrapper).") })
    {
      prefix += "\(wrapper)."
    }
    return prefix
  }

  private enum Format { case legacy, zip, safetensors, unknown }

  /// The first bytes of a file; nil if it cannot be read.
  private static func head(of path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return ferror(file) == 0 ? Array(bytes.prefix(count)) : nil
  }

  private static func format(_ head: [UInt8]) -> Format {
    if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .zip }
    // First, as the length of its header can begin with pickle's 0x80.
    if head.count > 8, head[8] == UInt8(ascii: "{"), head[5..<8].allSatisfy({ $0 == 0 }) {
      return .safetensors
    }
    return head.starts(with: [0x80]) ? .legacy : .unknown
  }

  private func checkNamedDigest() throws(WeightError) {
    let stem = path.split(separator: "/").last?.split(separator: ".").first ?? ""
    guard let promised = stem.split(separator: "-").last, stem.contains("-"),
      promised.count >= 8, promised.allSatisfy({ $0.isHexDigit && !$0.isUppercase })
    else { return }
    let found: String
    do { found = try Digest.ofFile(path) } catch {
      throw .cannotRead(path: path, reason: "\(error)")
    }
    guard found.hasPrefix(promised) else {
      throw .checksumMismatch(
        path: path, expected: String(promised), found: String(found.prefix(promised.count)))
    }
  }
}

/// What a format knows about its tensors.
protocol WeightContents {
  var names: [String] { get }
  func array(_ name: String) throws(WeightError) -> WeightArray
  /// Throws if a tensor lies beyond the file's end.
  func checkIsWhole() throws(WeightError)
}

/// torch's checkpoint before version 1.6: pickles, then the storages' bytes one after another.
private struct LegacyCheckpoint: WeightContents {
  private let data: Data
  private let path: String
  private let tensors: [String: StridedTensor]
  /// Where each storage's bytes begin.
  private let starts: [String: Int]

  var names: [String] { tensors.keys.sorted() }

  /// The number that these files begin with, 0x1950a86a20f9469cfc6c.
  private static let magic: [UInt8] = [
    0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  init(path: String) throws(WeightError) {
    // Read, not mapped: a mapped file that another program shortens ends the process.
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw .cannotRead(path: path, reason: "it cannot be read")
    }
    self.data = data
    self.path = path
    let parsed = data.withUnsafeBytes { bytes in
      Result { () throws(WeightError) in try Self.parse(bytes, path: path) }
    }
    (tensors, starts) = try parsed.get()
  }

  private static func parse(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(WeightError) -> ([String: StridedTensor], [String: Int]) {
    var unpickler = Unpickler(bytes, path: path)
    guard case .longInteger(let magic) = try unpickler.next(), magic == Self.magic,
      try unpickler.next().integer == 1001
    else {
      throw .malformed(path: path, reason: "it begins like a pickle but not like a checkpoint")
    }
    let system = try unpickler.next()
    if case .bool(false) = unpickler.dictionary(of: system)?["little_endian"] {
      throw .malformed(path: path, reason: "it was written on a big-endian machine")
    }
    let state = try unpickler.next()
    let tensors = try unpickler.tensors(of: state)
    var storages: [String: StorageReference] = [:]
    for tensor in tensors.values { storages[tensor.storage.key] = tensor.storage }
    let list = try unpickler.next()
    guard let keys = unpickler.items(of: list) else {
      throw .malformed(path: path, reason: "the list of its storages is missing")
    }
    var starts: [String: Int] = [:]
    var position = unpickler.position
    for key in keys.compactMap(\.text) {
      // Every storage is its element count in eight bytes and the elements. Storages of other
      // objects than tensors have a count but no known element size: nothing after is reachable.
      guard let storage = storages[key] else { break }
      if position <= bytes.count - 8 {
        let count = bytes.loadUnaligned(fromByteOffset: position, as: Int64.self)
        guard count == storage.count else {
          throw .malformed(
            path: path,
            reason: "storage '\(key)' has \(count) elements, its tensors say \(storage.count)")
        }
      }
      // A reference's byte count fits; the sum of many need not.
      let (start, countOverflow) = position.addingReportingOverflow(8)
      let (end, overflow) = start.addingReportingOverflow(storage.byteCount)
      guard !countOverflow && !overflow else {
        throw .malformed(path: path, reason: "storage '\(key)' is impossibly large")
      }
      starts[key] = start
      position = end
    }
    return (tensors, starts)
  }

  func array(_ name: String) throws(WeightError) -> WeightArray {
    guard let tensor = tensors[name] else {
      throw .missingTensor(path: path, tensor: name, network: "this network")
    }
    let range = try range(of: tensor, named: name)
    let elements = data.withUnsafeBytes { bytes in
      tensor.elements(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
    return WeightArray(shape: tensor.shape, elements: elements)
  }

  func checkIsWhole() throws(WeightError) {
    for name in names {
      if let tensor = tensors[name] { _ = try range(of: tensor, named: name) }
    }
  }

  /// Where the storage of a tensor lies in the file.
  private func range(
    of tensor: StridedTensor, named name: String
  ) throws(WeightError) -> Range<Int> {
    guard let start = starts[tensor.storage.key] else {
      throw .malformed(path: path, reason: "the storage of tensor '\(name)' is missing")
    }
    let needed = tensor.storage.byteCount
    guard start <= data.count, data.count - start >= needed else {
      throw .truncated(
        path: path, tensor: name, needed: needed, found: max(0, data.count - start))
    }
    return start..<start + needed
  }
}

/// torch's checkpoint since version 1.6, or a TorchScript archive: a ZIP archive with one pickle and one
/// member per storage.
private struct ZIPCheckpoint: WeightContents {
  private let archive: ZIPArchive
  private let path: String
  private let folder: String
  private let tensors: [String: StridedTensor]

  var names: [String] { tensors.keys.sorted() }

  init(path: String) throws(WeightError) {
    self.path = path
    do {
      archive = try ZIPArchive(path: path)
      // A TorchScript archive: a program, of which the weights alone are read.
      let isScript = archive.members.contains { $0.name.contains("/code/") }
      guard let pickle = archive.members.first(where: { $0.name.hasSuffix("/data.pkl") }) else {
        throw WeightError.malformed(path: path, reason: "the archive has no data.pkl")
      }
      folder = String(pickle.name.dropLast("data.pkl".count))
      if let order = archive.member("\(folder)byteorder"),
        try archive.contents(of: order).starts(with: Array("big".utf8))
      {
        throw WeightError.malformed(path: path, reason: "it was written on a big-endian machine")
      }
      let bytes = try archive.contents(of: pickle)
      let parsed = bytes.withUnsafeBytes { buffer in
        Result { () throws(WeightError) in
          var unpickler = Unpickler(buffer, path: path, isScript: isScript)
          let state = try unpickler.next()
          guard isScript else { return try unpickler.tensors(of: state) }
          let tensors = unpickler.attributeTensors(of: state)
          guard !tensors.isEmpty else { throw .program(path: path) }
          return tensors
        }
      }
      tensors = try parsed.get()
    } catch let error as WeightError {
      throw error
    } catch {
      throw .malformed(path: path, reason: "\(error)")
    }
  }

  func array(_ name: String) throws(WeightError) -> WeightArray {
    guard let tensor = tensors[name] else {
      throw .missingTensor(path: path, tensor: name, network: "this network")
    }
    do {
      let bytes = try archive.contents(of: member(of: tensor, named: name))
      return WeightArray(
        shape: tensor.shape, elements: bytes.withUnsafeBytes { tensor.elements($0) })
    } catch let error as WeightError {
      throw error
    } catch { throw .malformed(path: path, reason: "\(error)") }
  }

  func checkIsWhole() throws(WeightError) {
    for name in names {
      if let tensor = tensors[name] { _ = try member(of: tensor, named: name) }
    }
  }

  /// The member with the storage of a tensor.
  private func member(
    of tensor: StridedTensor, named name: String
  ) throws(WeightError) -> ZIPArchive.Member {
    guard let member = archive.member("\(folder)data/\(tensor.storage.key)") else {
      throw .malformed(path: path, reason: "the storage of tensor '\(name)' is missing")
    }
    let needed = tensor.storage.byteCount
    guard member.byteCount == needed else {
      throw .truncated(path: path, tensor: name, needed: needed, found: member.byteCount)
    }
    return member
  }
}

/// A `.safetensors` file.
private struct SafetensorsContents: WeightContents {
  private let file: SafetensorsFile

  var names: [String] { file.names }

  init(path: String) throws(WeightError) {
    do { file = try SafetensorsFile(path: path) } catch {
      throw .malformed(path: path, reason: "\(error)")
    }
  }

  func array(_ name: String) throws(WeightError) -> WeightArray {
    guard file.names.contains(name) else {
      throw .missingTensor(path: file.path, tensor: name, network: "this network")
    }
    do {
      let stored = try file.stored(name)
      let type = StorageType(stored.type)
      let elements = stored.bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / type.byteCount).map { type.load(bytes, at: $0) }
      }
      return WeightArray(shape: stored.shape, elements: elements)
    } catch { throw .malformed(path: file.path, reason: "\(error)") }
  }

  /// Checked when the file was opened.
  func checkIsWhole() {}
}
