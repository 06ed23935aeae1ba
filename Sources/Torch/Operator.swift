internal import CTorch
import Glibc

/// An argument of an operator, as its schema names it.
enum Argument {
  case none
  case tensor(Tensor)
  case integer(Int)
  case number(Double)
  case bool(Bool)
  case integers([Int])
  case numbers([Double])
  case tensors([Tensor])
  case optionalTensors([Tensor?])
  case text(String)

  static func optional(_ tensor: Tensor?) -> Argument { tensor.map(Argument.tensor) ?? .none }
  static func type(_ type: DataType) -> Argument { .integer(Int(type.rawValue)) }
}

/// An operator of libtorch, found once by its schema's name.
///
/// Operators are called boxed, through libtorch's dispatcher, so that a new one costs one line of
/// Swift and no C++.
struct Operator: @unchecked Sendable {
  // Sound: libtorch keeps operators for the life of the process.
  let name: String
  private let found: Result<OpaquePointer, TorchError>

  /// Finds an operator, by default of the `aten` namespace, for instance `Operator("add", "Tensor")`.
  init(_ name: String, _ overload: String = "", namespace: String = "aten") {
    self.name = name
    found = Operator.find("\(namespace)::\(name)", overload)
  }

  private static func find(_ name: String, _ overload: String) -> Result<OpaquePointer, TorchError>
  {
    Result { () throws(TorchError) in
      var pointer: OpaquePointer?
      try Libtorch.check(
        name, Libtorch.table().pointee.operator_find(name, overload, &pointer))
      guard let pointer else { throw .failed(action: name, message: "no such operator") }
      return pointer
    }
  }

  /// Whether this libtorch has the operator.
  var isAvailable: Bool { (try? found.get()) != nil }

  /// Calls the operator; arguments left out take the schema's defaults.
  func callAsFunction(_ arguments: Argument...) throws(TorchError) -> Tensor {
    let results = try call(arguments)
    guard let first = results.first else {
      throw .operatorFailed(name: name, arguments: "", message: "returned no tensor")
    }
    return first
  }

  /// Calls an operator that returns several tensors, or none.
  func call(_ arguments: [Argument]) throws(TorchError) -> [Tensor] {
    let table = try Libtorch.table()
    let operation = try found.get()
    var frame = CallFrame(arguments)
    let capacity = 512
    return try withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: capacity) {
      results throws(TorchError) -> [Tensor] in
      var count: Int64 = 0
      let message = frame.withValues { values in
        table.pointee.operator_call(
          operation, values.baseAddress, Int64(values.count), results.baseAddress,
          Int64(capacity), &count)
      }
      withExtendedLifetime(arguments) {}
      let tensors = (0..<Int(count)).compactMap { index in
        results[index].map { Tensor(owning: $0, table) }
      }
      if let message {
        defer { free(message) }
        throw .operatorFailed(
          name: name, arguments: describe(arguments), message: String(cString: message))
      }
      return tensors
    }
  }

  private func describe(_ arguments: [Argument]) -> String {
    arguments.map { argument in
      switch argument {
      case .none: "none"
      case .tensor(let tensor): "\(tensor.shape)"
      case .integer(let value): "\(value)"
      case .number(let value): "\(value)"
      case .bool(let value): "\(value)"
      case .integers(let values): "(\(values.map(String.init).joined(separator: ", ")))"
      case .numbers(let values): "(\(values.map { "\($0)" }.joined(separator: ", ")))"
      case .tensors(let tensors):
        tensors.count > 8 ? "\(tensors.count) tensors" : "\(tensors.map(\.shape))"
      case .optionalTensors(let tensors): "\(tensors.map { $0?.shape ?? [] })"
      case .text(let text): text
      }
    }.joined(separator: ", ")
  }
}

/// The C view of a call's arguments, with the storage that lists and texts point into.
private struct CallFrame {
  private var values: [ct_value] = []
  private var integers: [Int64] = []
  private var numbers: [Double] = []
  private var pointers: [OpaquePointer?] = []
  private var texts: [CChar] = []

  init(_ arguments: [Argument]) {
    values.reserveCapacity(arguments.count)
    for argument in arguments { append(argument) }
  }

  private mutating func append(_ argument: Argument) {
    var value = ct_value()
    switch argument {
    case .none: value.tag = Int32(ct_tag_none)
    case .tensor(let tensor):
      value.tag = Int32(ct_tag_tensor)
      value.pointer = UnsafeRawPointer(tensor.handle.pointer)
    case .integer(let integer):
      value.tag = Int32(ct_tag_integer)
      value.integer = Int64(integer)
    case .number(let number):
      value.tag = Int32(ct_tag_number)
      value.number = number
    case .bool(let bool):
      value.tag = Int32(ct_tag_bool)
      value.integer = bool ? 1 : 0
    case .integers(let items):
      value.tag = Int32(ct_tag_integers)
      (value.integer, value.count) = (Int64(integers.count), Int64(items.count))
      for item in items { integers.append(Int64(item)) }
    case .numbers(let items):
      value.tag = Int32(ct_tag_numbers)
      (value.integer, value.count) = (Int64(numbers.count), Int64(items.count))
      numbers.append(contentsOf: items)
    case .tensors(let items):
      value.tag = Int32(ct_tag_tensors)
      (value.integer, value.count) = (Int64(pointers.count), Int64(items.count))
      for item in items { pointers.append(item.handle.pointer) }
    case .optionalTensors(let items):
      value.tag = Int32(ct_tag_tensors)
      (value.integer, value.count) = (Int64(pointers.count), Int64(items.count))
      for item in items { pointers.append(item?.handle.pointer) }
    case .text(let text):
      value.tag = Int32(ct_tag_string)
      value.integer = Int64(texts.count)
      texts.append(contentsOf: text.utf8CString)
    }
    values.append(value)
  }

  /// Lists were noted by their offset; here the offsets become pointers that hold during `body`.
  mutating func withValues<Result>(_ body: (UnsafeBufferPointer<ct_value>) -> Result) -> Result {
    integers.withUnsafeBufferPointer { integers in
      numbers.withUnsafeBufferPointer { numbers in
        pointers.withUnsafeBufferPointer { pointers in
          texts.withUnsafeBufferPointer { texts in
            for index in values.indices {
              let offset = Int(values[index].integer)
              switch Int(values[index].tag) {
              case ct_tag_integers:
                values[index].pointer = UnsafeRawPointer(integers.baseAddress.map { $0 + offset })
              case ct_tag_numbers:
                values[index].pointer = UnsafeRawPointer(numbers.baseAddress.map { $0 + offset })
              case ct_tag_tensors:
                values[index].pointer = UnsafeRawPointer(pointers.baseAddress.map { $0 + offset })
              case ct_tag_string:
                values[index].pointer = UnsafeRawPointer(texts.baseAddress.map { $0 + offset })
              default: break
              }
            }
            return values.withUnsafeBufferPointer(body)
          }
        }
      }
    }
  }
}
