import Torch

/// What a restricted pickle can build: plain data, storages and tensors; no other objects.
///
/// Containers are indices into the unpickler's tables: a value owns no other, so that however deep
/// a hostile pickle nests or knots them, nothing recurses.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  /// An integer that does not fit 64 bits, as its little-endian bytes; the format's magic number.
  case longInteger([UInt8])
  case number(Double)
  case text(String)
  /// A tuple or a list.
  case sequence(Int)
  case dictionary(Int)
  /// A name that stands for one of the few things that may be called.
  case callable(PickleCallable)
  case storage(StorageReference)
  case tensor(StridedTensor)
  /// Bytes of the pickle itself, by their place.
  case bytes(Range<Int>)
  /// A numpy array, and the type of its elements.
  case array(Int)
  case arrayType(Int)

  var integer: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  var text: String? {
    guard case .text(let value) = self else { return nil }
    return value
  }
}

/// A dictionary with text keys in order of insertion; entries with other keys are dropped.
struct PickleDictionary {
  private(set) var names: [String] = []
  private var values: [String: PickleValue] = [:]

  subscript(_ name: String) -> PickleValue? { values[name] }

  mutating func set(_ key: PickleValue, _ value: PickleValue) {
    guard let name = key.text else { return }
    if values.updateValue(value, forKey: name) == nil { names.append(name) }
  }
}

/// The only names a weights pickle may mention.
enum PickleCallable: Equatable {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case storageType(StorageType)
  /// numpy's: an empty array that is filled later, one of given bytes, a class, the type of elements.
  case emptyArray
  case arrayOfBytes
  case arrayClass
  case arrayType
  /// A class of a TorchScript archive: its objects are read as their attributes.
  case scriptClass
  /// TorchScript's marks around a list or a dictionary, which say the type of what is in it.
  case typeMark

  /// The callable of a name in a TorchScript archive; nil for everything else, which is then refused.
  init?(scriptModule module: String, name: String) {
    if module == "__torch__" || module.hasPrefix("__torch__.") {
      self = .scriptClass
      return
    }
    let marks = [
      "build_intlist", "build_tensorlist", "build_doublelist", "build_boollist",
      "restore_type_tag",
    ]
    if module == "torch.jit._pickle", marks.contains(name) {
      self = .typeMark
      return
    }
    self.init(module: module, name: name)
  }

  /// The callable of a module's name; nil for everything else, which is then refused.
  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"):
      self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"):
      self = .emptyArray
    case ("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer"):
      self = .arrayOfBytes
    case ("numpy", "ndarray"): self = .arrayClass
    case ("numpy", "dtype"): self = .arrayType
    case ("torch", _), ("torch.storage", _):
      guard let type = StorageType(rawValue: name) else { return nil }
      self = .storageType(type)
    default: return nil
    }
  }
}

/// A numpy array of a pickle: its elements are bytes of the pickle itself.
struct PickledArray: Equatable {
  var shape: [Int] = []
  /// The type of the elements, by its place among the unpickler's.
  var type: Int?
  var bytes = 0..<0
}

/// The type of a numpy array's elements: its name such as `f8`, and the order of an element's bytes.
struct PickledArrayType: Equatable {
  let name: String
  var order = "<"
}

/// The element types of torch's storages, by the names of their classes.
enum StorageType: String {
  case float = "FloatStorage"
  case double = "DoubleStorage"
  case half = "HalfStorage"
  case bfloat16 = "BFloat16Storage"
  case long = "LongStorage"
  case int = "IntStorage"
  case short = "ShortStorage"
  case char = "CharStorage"
  case byte = "ByteStorage"
  case bool = "BoolStorage"

  /// The storage of elements of a type.
  init(_ type: DataType) {
    self =
      switch type {
      case .float32: .float
      case .float64: .double
      case .float16: .half
      case .bfloat16: .bfloat16
      case .int64: .long
      case .int32: .int
      case .uint8: .byte
      case .bool: .bool
      }
  }

  var byteCount: Int {
    switch self {
    case .double, .long: 8
    case .float, .int: 4
    case .half, .bfloat16, .short: 2
    case .char, .byte, .bool: 1
    }
  }

  /// One element, as `Float`.
  func load(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Float {
    func number<T>(_ type: T.Type) -> T {
      bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.stride, as: T.self)
    }
    return switch self {
    case .float: number(Float.self)
    case .double: Float(number(Double.self))
    case .half: Float(number(Float16.self))
    case .bfloat16: Float(bitPattern: UInt32(number(UInt16.self)) << 16)
    case .long: Float(number(Int64.self))
    case .int: Float(number(Int32.self))
    case .short: Float(number(Int16.self))
    case .char: Float(number(Int8.self))
    case .byte, .bool: Float(number(UInt8.self))
    }
  }
}

/// A storage by its key; its bytes lie elsewhere in the file.
struct StorageReference: Equatable {
  let key: String
  let type: StorageType
  let count: Int

  /// Nil for a count that no storage can have.
  init?(key: String, type: StorageType, count: Int) {
    guard count >= 0, !count.multipliedReportingOverflow(by: type.byteCount).overflow else {
      return nil
    }
    self.key = key
    self.type = type
    self.count = count
  }

  var byteCount: Int { count * type.byteCount }
}

/// A view of a storage, as torch describes tensors.
struct StridedTensor: Equatable {
  let storage: StorageReference
  let offset: Int
  let shape: [Int]
  let strides: [Int]

  /// Checks that the view lies within its storage; nil if it does not, or if it has more elements
  /// than the storage, which no weights have.
  init?(storage: StorageReference, offset: Int, shape: [Int], strides: [Int]) {
    guard shape.count == strides.count, offset >= 0, shape.allSatisfy({ $0 >= 0 }),
      strides.allSatisfy({ $0 >= 0 })
    else { return nil }
    var count = 1
    var last = offset
    for (size, stride) in zip(shape, strides) {
      let (product, countOverflow) = count.multipliedReportingOverflow(by: size)
      let (reach, reachOverflow) = max(0, size - 1).multipliedReportingOverflow(by: stride)
      let (end, endOverflow) = last.addingReportingOverflow(reach)
      guard !countOverflow && !reachOverflow && !endOverflow else { return nil }
      (count, last) = (product, end)
    }
    guard count == 0 || (last < storage.count && count <= storage.count) else { return nil }
    self.storage = storage
    self.offset = offset
    self.shape = shape
    self.strides = strides
  }

  var count: Int { shape.reduce(1, *) }

  /// The elements in row-major order, gathered from the storage's bytes.
  func elements(_ bytes: UnsafeRawBufferPointer) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(count)
    guard count > 0 else { return result }
    var position = [Int](repeating: 0, count: shape.count)
    var index = offset
    while true {
      result.append(storage.type.load(bytes, at: index))
      var axis = shape.count - 1
      while axis >= 0 && position[axis] == shape[axis] - 1 {
        index -= position[axis] * strides[axis]
        position[axis] = 0
        axis -= 1
      }
      guard axis >= 0 else { return result }
      position[axis] += 1
      index += strides[axis]
    }
  }
}
