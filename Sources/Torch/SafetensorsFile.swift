import BenchSupport
import FoundationEssentials

/// A `.safetensors` file, checked whole before anything is taken from it.
///
/// The format: 8 bytes of header length, a JSON header with type, shape and byte range per tensor,
/// then the bytes.
public struct SafetensorsFile: Sendable {
  private struct Entry: Codable {
    let dtype: String
    let shape: [Int]
    let dataOffsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case dataOffsets = "data_offsets"
    }
  }

  private static let typeNames: [(name: String, type: DataType)] = [
    ("F32", .float32), ("F64", .float64), ("F16", .float16), ("BF16", .bfloat16), ("I64", .int64),
    ("I32", .int32), ("U8", .uint8), ("BOOL", .bool),
  ]

  /// Where it was read from.
  public let path: String
  private let data: Data
  private let entries: [String: Entry]
  private let start: Int

  /// The tensors' names, sorted.
  public var names: [String] { entries.keys.sorted() }

  /// Reads and checks a file.
  ///
  /// - Throws: ``TorchError/badFile(path:reason:)`` if it is missing, truncated or inconsistent.
  public init(path: String) throws(TorchError) {
    // Read, not mapped: a mapped file that another program shortens ends the process.
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw .badFile(path: path, reason: "the file is missing or cannot be read")
    }
    try self.init(data, path: path)
  }

  /// Checks the bytes that ``encode(_:metadata:)`` made.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - name: What messages call them.
  /// - Throws: ``TorchError/badFile(path:reason:)`` if they are inconsistent.
  public init(bytes: [UInt8], named name: String) throws(TorchError) {
    try self.init(Data(bytes), path: name)
  }

  private init(_ data: Data, path: String) throws(TorchError) {
    self.path = path
    self.data = data
    guard data.count >= 8 else {
      throw .badFile(path: path, reason: "the file has \(data.count) bytes, too few for a header")
    }
    let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(data.count - 8), length < 1 << 30 else {
      throw .badFile(
        path: path,
        reason: "the header should have \(length) bytes but the file has only \(data.count)")
    }
    start = 8 + Int(length)
    do {
      let header = try JSONDecoder().decode(
        [String: JSONValue].self, from: data.subdata(in: 8..<start))
      var entries: [String: Entry] = [:]
      for (name, value) in header where name != "__metadata__" {
        entries[name] = try JSONDecoder().decode(Entry.self, from: JSONEncoder().encode(value))
      }
      self.entries = entries
    } catch {
      throw .badFile(path: path, reason: "the header is not the JSON of a safetensors file")
    }
    for (name, entry) in entries { _ = try range(of: entry, named: name) }
  }

  /// The tensor of a name, copied to the processor's memory.
  ///
  /// - Throws: ``TorchError/tensorMismatch(path:name:expected:found:)`` if there is none.
  public func tensor(_ name: String) throws(TorchError) -> Tensor {
    let stored = try stored(name)
    let result = stored.bytes.withUnsafeBytes { buffer in
      Result { () throws(TorchError) in
        try Tensor(bytes: buffer, type: stored.type, shape: stored.shape)
      }
    }
    return try result.get()
  }

  /// A tensor as it lies in the file, for those who do without libtorch.
  package struct StoredTensor {
    package let type: DataType
    package let shape: [Int]
    /// The elements in row-major order, little-endian, as many as the shape says.
    package let bytes: [UInt8]
  }

  /// What the file holds under a name.
  package func stored(_ name: String) throws(TorchError) -> StoredTensor {
    guard let entry = entries[name] else {
      throw .tensorMismatch(path: path, name: name, expected: "there", found: "missing")
    }
    let (range, type) = try range(of: entry, named: name)
    return StoredTensor(type: type, shape: entry.shape, bytes: [UInt8](data[range]))
  }

  private func range(of entry: Entry, named name: String) throws(TorchError) -> (
    Range<Int>, DataType
  ) {
    guard let type = Self.typeNames.first(where: { $0.name == entry.dtype })?.type else {
      throw .badFile(path: path, reason: "tensor '\(name)' has the unknown type '\(entry.dtype)'")
    }
    var count = type.byteCount
    for size in entry.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else {
        throw .badFile(
          path: path, reason: "tensor '\(name)' has the impossible shape \(entry.shape)")
      }
      count = product
    }
    let available = data.count - start
    guard entry.dataOffsets.count == 2, entry.dataOffsets[0] >= 0,
      entry.dataOffsets[1] >= entry.dataOffsets[0], entry.dataOffsets[1] <= available,
      entry.dataOffsets[1] - entry.dataOffsets[0] == count
    else {
      throw .badFile(
        path: path,
        reason: """
          tensor '\(name)' of shape \(entry.shape) should have \(count) bytes but lies at \
          \(entry.dataOffsets) of \(available); the file is truncated or damaged
          """)
    }
    return (start + entry.dataOffsets[0]..<start + entry.dataOffsets[1], type)
  }

  /// The bytes of a file that holds `tensors`.
  public static func encode(_ tensors: [NamedTensor], metadata: [String: String] = [:]) throws
    -> [UInt8]
  {
    var header: [String: JSONValue] = [:]
    var body: [UInt8] = []
    for entry in tensors {
      let type = entry.tensor.dataType
      guard let name = typeNames.first(where: { $0.type == type })?.name else {
        preconditionFailure("no safetensors name for \(type)")
      }
      let offset = body.count
      body += try entry.tensor.bytes()
      header[entry.name] = [
        "dtype": .string(name), "shape": .array(entry.tensor.shape.map { .integer($0) }),
        "data_offsets": [.integer(offset), .integer(body.count)],
      ]
    }
    if !metadata.isEmpty { header["__metadata__"] = .object(metadata.mapValues { .string($0) }) }
    var text = Array(try JSONValue.object(header).line().utf8)
    // The body starts at a multiple of 8 bytes; the format allows spaces after the header.
    text += Array(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return length + text + body
  }
}
