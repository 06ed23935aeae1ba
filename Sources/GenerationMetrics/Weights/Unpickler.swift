/// Reads the pickles of torch's checkpoints and archives, and of numpy's arrays, and runs nothing.
///
/// Python's pickle is a program; this machine knows only the instructions that build plain data, tensors
/// and arrays. A name other than torch's storages, tensors, `OrderedDict` and numpy's arrays ends it at once.
struct Unpickler {
  private let bytes: UnsafeRawBufferPointer
  let path: String
  /// Where the next pickle begins.
  private(set) var position: Int
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var sequences: [[PickleValue]] = []
  private var dictionaries: [PickleDictionary] = []
  private var arrays: [PickledArray] = []
  private var arrayTypes: [PickledArrayType] = []
  /// Whether the pickle is a TorchScript archive's, whose classes are read as their attributes.
  private let isScript: Bool
  /// The dictionaries that are the attributes of an object.
  private var objects: Set<Int> = []
  /// Entries copied into dictionaries so far; more than the file has bytes is an attack on memory.
  private var copiedCount = 0
  private static let stackLimit = 1 << 22

  /// Prepares to read pickles one after another from `bytes`.
  init(
    _ bytes: UnsafeRawBufferPointer, at position: Int = 0, path: String, isScript: Bool = false
  ) {
    self.bytes = bytes
    self.isScript = isScript
    self.position = position
    self.path = path
  }

  /// The value of the next pickle; containers of the one before are forgotten.
  mutating func next() throws(WeightError) -> PickleValue {
    stack = []
    marks = []
    memo = [:]
    sequences = []
    dictionaries = []
    arrays = []
    arrayTypes = []
    objects = []
    while true {
      let code = try byte()
      guard let instruction = Instruction(rawValue: code) else {
        throw malformed("the instruction 0x\(String(code, radix: 16)) is unknown")
      }
      if instruction == .stop { return try pop() }
      try run(instruction)
      guard stack.count <= Self.stackLimit else { throw malformed("its stack grows too large") }
    }
  }

  /// The items of a tuple or a list.
  func items(of value: PickleValue) -> [PickleValue]? {
    guard case .sequence(let index) = value else { return nil }
    return sequences[index]
  }

  /// The entries of a dictionary.
  func dictionary(of value: PickleValue) -> PickleDictionary? {
    guard case .dictionary(let index) = value else { return nil }
    return dictionaries[index]
  }

  /// A numpy array, with the type of its elements.
  func array(of value: PickleValue) -> (array: PickledArray, type: PickledArrayType)? {
    guard case .array(let index) = value, let type = arrays[index].type else { return nil }
    return (arrays[index], arrayTypes[type])
  }

  /// The instructions that are known; values are pickle's.
  private enum Instruction: UInt8 {
    case mark = 0x28
    case stop = 0x2E
    case pop = 0x30
    case duplicate = 0x32
    case binaryBytes = 0x42
    case shortBinaryBytes = 0x43
    case binaryFloat = 0x47
    case binaryInt = 0x4A
    case binaryInt1 = 0x4B
    case binaryInt2 = 0x4D
    case none = 0x4E
    case persistentID = 0x51
    case reduce = 0x52
    case binaryString = 0x54
    case shortBinaryString = 0x55
    case binaryUnicode = 0x58
    case append = 0x61
    case build = 0x62
    case global = 0x63
    case appends = 0x65
    case get = 0x68
    case longGet = 0x6A
    case put = 0x71
    case longPut = 0x72
    case setItem = 0x73
    case tuple = 0x74
    case setItems = 0x75
    case emptyTuple = 0x29
    case emptyList = 0x5D
    case emptyDictionary = 0x7D
    case protocolVersion = 0x80
    case newObject = 0x81
    case tuple1 = 0x85
    case tuple2 = 0x86
    case tuple3 = 0x87
    case newTrue = 0x88
    case newFalse = 0x89
    case long1 = 0x8A
    case shortUnicode = 0x8C
    case longUnicode = 0x8D
    case longBinaryBytes = 0x8E
    case stackGlobal = 0x93
    case memoize = 0x94
    case frame = 0x95
    case byteArray = 0x96
  }

  private mutating func run(_ instruction: Instruction) throws(WeightError) {
    switch instruction {
    case .stop: break
    case .protocolVersion: _ = try byte()
    case .frame: _ = try take(8)
    case .mark: marks.append(stack.count)
    case .pop: _ = try pop()
    case .duplicate: stack.append(try top())
    case .none: stack.append(.none)
    case .newTrue: stack.append(.bool(true))
    case .newFalse: stack.append(.bool(false))
    case .binaryInt1, .binaryInt2, .binaryInt, .binaryFloat, .long1: try pushNumber(instruction)
    case .binaryUnicode, .shortUnicode, .longUnicode, .binaryString, .shortBinaryString:
      stack.append(.text(try text(instruction)))
    case .binaryBytes, .shortBinaryBytes, .longBinaryBytes, .byteArray:
      let count = try unsigned(
        instruction == .shortBinaryBytes ? 1 : instruction == .binaryBytes ? 4 : 8)
      let start = position
      _ = try take(count)
      stack.append(.bytes(start..<position))
    case .emptyTuple, .emptyList: pushSequence([])
    case .emptyDictionary: pushDictionary(PickleDictionary())
    case .tuple: pushSequence(try popToMark())
    case .tuple1: pushSequence(try pop(1))
    case .tuple2: pushSequence(try pop(2))
    case .tuple3: pushSequence(try pop(3))
    case .append: try append([pop()])
    case .appends: try append(popToMark())
    case .setItem: try setItems(pop(2))
    case .setItems: try setItems(popToMark())
    case .put: memo[Int(try byte())] = try top()
    case .longPut: memo[try unsigned(4)] = try top()
    case .memoize: memo[memo.count] = try top()
    case .get: stack.append(try remembered(Int(byte())))
    case .longGet: stack.append(try remembered(unsigned(4)))
    case .global: try pushCallable(module: line(), name: line())
    case .stackGlobal:
      let names = try pop(2)
      try pushCallable(module: names[0].text ?? "?", name: names[1].text ?? "?")
    case .reduce, .newObject:
      let call = try pop(2)
      try push(resultOf: call[0], call[1])
    case .build: try build(pop(), top())
    case .persistentID: stack.append(.storage(try storage(pop())))
    }
  }

  // MARK: - Objects

  private mutating func pushCallable(module: String, name: String) throws(WeightError) {
    let known =
      isScript
      ? PickleCallable(scriptModule: module, name: name)
      : PickleCallable(module: module, name: name)
    guard let callable = known else {
      throw .forbiddenPickle(path: path, request: "\(module.prefix(80)).\(name.prefix(80))")
    }
    stack.append(.callable(callable))
  }

  private mutating func pushSequence(_ items: [PickleValue]) {
    sequences.append(items)
    stack.append(.sequence(sequences.count - 1))
  }

  private mutating func pushDictionary(_ dictionary: PickleDictionary) {
    dictionaries.append(dictionary)
    stack.append(.dictionary(dictionaries.count - 1))
  }

  /// Whole numbers, as of a shape.
  private func integers(of value: PickleValue) -> [Int]? {
    guard let items = items(of: value) else { return nil }
    let integers = items.compactMap(\.integer)
    return integers.count == items.count ? integers : nil
  }

  private mutating func push(
    resultOf function: PickleValue, _ arguments: PickleValue
  ) throws(WeightError) {
    guard case .callable(let callable) = function, let items = items(of: arguments) else {
      throw malformed("something that is not a function is called")
    }
    switch callable {
    case .orderedDictionary:
      var dictionary = PickleDictionary()
      let pairs = items.first.flatMap(self.items(of:)) ?? []
      copiedCount += pairs.count
      guard copiedCount <= bytes.count else { throw malformed("it copies without end") }
      for pair in pairs {
        guard let entry = self.items(of: pair), entry.count == 2 else {
          throw malformed("an OrderedDict is made from something else than pairs")
        }
        dictionary.set(entry[0], entry[1])
      }
      pushDictionary(dictionary)
    case .rebuildTensor:
      guard items.count >= 4, case .storage(let storage) = items[0],
        let offset = items[1].integer, let shape = integers(of: items[2]),
        let strides = integers(of: items[3]),
        let tensor = StridedTensor(
          storage: storage, offset: offset, shape: shape, strides: strides)
      else { throw malformed("a tensor does not fit its storage") }
      stack.append(.tensor(tensor))
    case .rebuildParameter:
      guard let first = items.first, case .tensor = first else {
        throw malformed("a parameter is made from something else than a tensor")
      }
      stack.append(first)
    case .scriptClass:
      pushDictionary(PickleDictionary())
      objects.insert(dictionaries.count - 1)
    case .typeMark:
      guard let first = items.first else { throw malformed("a list of a type has no elements") }
      stack.append(first)
    case .storageType, .arrayClass:
      throw malformed("a class is called that makes nothing that is read")
    case .emptyArray:
      arrays.append(PickledArray())
      stack.append(.array(arrays.count - 1))
    case .arrayOfBytes:
      guard items.count == 4, case .bytes(let bytes) = items[0],
        case .arrayType(let type) = items[1],
        let shape = integers(of: items[2])
      else { throw malformed("an array is made from something else than bytes") }
      arrays.append(PickledArray(shape: shape, type: type, bytes: bytes))
      stack.append(.array(arrays.count - 1))
    case .arrayType:
      guard let name = items.first?.text else { throw malformed("a type has no name") }
      arrayTypes.append(PickledArrayType(name: name))
      stack.append(.arrayType(arrayTypes.count - 1))
    }
  }

  /// Gives an object what it consists of; for a state dictionary that is metadata, which nothing needs.
  private mutating func build(
    _ state: PickleValue, _ object: PickleValue
  ) throws(WeightError) {
    switch object {
    case .array(let index):
      // The version, the shape, the type, the order and the elements.
      guard let items = items(of: state), items.count == 5, let shape = integers(of: items[1]),
        case .arrayType(let type) = items[2], case .bytes(let bytes) = items[4]
      else { throw malformed("an array of something else than numbers") }
      arrays[index] = PickledArray(shape: shape, type: type, bytes: bytes)
    case .arrayType(let index):
      guard let items = items(of: state), items.count > 1, let order = items[1].text else {
        throw malformed("a type is described in an unknown way")
      }
      arrayTypes[index].order = order
    case .dictionary(let index) where objects.contains(index):
      guard case .dictionary(let attributes) = state else {
        throw malformed("an object has something else than attributes")
      }
      dictionaries[index] = dictionaries[attributes]
    default: break
    }
  }

  /// `('storage', type, key, location, count)`, in old files with a sixth item for views.
  private func storage(_ identifier: PickleValue) throws(WeightError) -> StorageReference {
    guard let items = items(of: identifier), items.count >= 5, items[0].text == "storage",
      case .callable(.storageType(let type)) = items[1], let key = items[2].text,
      let count = items[4].integer,
      let storage = StorageReference(key: key, type: type, count: count)
    else { throw malformed("a storage is described in an unknown way") }
    if items.count > 5, case .none = items[5] {
    } else if items.count > 5 {
      throw malformed("storage '\(key)' is a view of another, which is not read")
    }
    return storage
  }

  private mutating func append(_ values: [PickleValue]) throws(WeightError) {
    guard case .sequence(let index) = try top() else { throw malformed("a list is missing") }
    sequences[index] += values
  }

  private mutating func setItems(_ values: [PickleValue]) throws(WeightError) {
    guard case .dictionary(let index) = try top(), values.count % 2 == 0 else {
      throw malformed("a dictionary is missing")
    }
    for item in stride(from: 0, to: values.count, by: 2) {
      dictionaries[index].set(values[item], values[item + 1])
    }
  }

  // MARK: - Stack and bytes

  private func top() throws(WeightError) -> PickleValue {
    guard let value = stack.last else { throw malformed("its stack is empty") }
    return value
  }

  private mutating func pop() throws(WeightError) -> PickleValue {
    guard let value = stack.popLast() else { throw malformed("its stack is empty") }
    return value
  }

  private mutating func pop(_ count: Int) throws(WeightError) -> [PickleValue] {
    guard stack.count >= count else { throw malformed("its stack is empty") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(WeightError) -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else {
      throw malformed("a mark is missing")
    }
    return try pop(stack.count - mark)
  }

  private func remembered(_ index: Int) throws(WeightError) -> PickleValue {
    guard let value = memo[index] else {
      throw malformed("entry \(index) is used before it is made")
    }
    return value
  }

  private mutating func pushNumber(_ instruction: Instruction) throws(WeightError) {
    switch instruction {
    case .binaryInt1: stack.append(.integer(try unsigned(1)))
    case .binaryInt2: stack.append(.integer(try unsigned(2)))
    case .binaryInt:
      stack.append(.integer(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
    case .binaryFloat:
      let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      stack.append(.number(Double(bitPattern: bits)))
    default:
      let digits = Array(try take(Int(byte())))
      guard digits.count <= 8 else {
        stack.append(.longInteger(digits))
        return
      }
      let fill: UInt64 = digits.last.map { $0 >= 0x80 } == true ? .max : 0
      let value = digits.reversed().reduce(fill) { $0 << 8 | UInt64($1) }
      stack.append(.integer(Int(truncatingIfNeeded: value)))
    }
  }

  private mutating func text(_ instruction: Instruction) throws(WeightError) -> String {
    let size =
      switch instruction {
      case .shortUnicode, .shortBinaryString: 1
      case .longUnicode: 8
      default: 4
      }
    return String(decoding: try take(try unsigned(size)), as: UTF8.self)
  }

  private mutating func line() throws(WeightError) -> String {
    let start = position
    while try byte() != 0x0A {}
    return String(decoding: bytes[start..<position - 1], as: UTF8.self)
  }

  private mutating func unsigned(_ size: Int) throws(WeightError) -> Int {
    let value = try take(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let result = Int(exactly: value) else { throw malformed("a size is impossible") }
    return result
  }

  private mutating func byte() throws(WeightError) -> UInt8 { try take(1)[position - 1] }

  private mutating func take(
    _ count: Int
  ) throws(WeightError) -> Slice<UnsafeRawBufferPointer> {
    guard count <= bytes.count - position else { throw malformed("its pickle ends too early") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private func malformed(_ reason: String) -> WeightError {
    .malformed(path: path, reason: "\(reason) (byte \(position))")
  }
}
