import BenchSupport
internal import CTorch
import Glibc

/// Where a tensor lives.
public enum Device: Sendable, Equatable, CustomStringConvertible {
  /// The processor.
  case cpu
  /// A CUDA device by its index.
  case cuda(Int)
  /// The device of a plug-in, in libtorch's place for devices of others (PrivateUse1): the tests' stand-in for
  /// a graphics processor.
  case privateUse

  /// The name libtorch gives it, for instance `cuda:0`.
  public var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    case .privateUse: "privateuseone:0"
    }
  }

  /// The name of devices of its kind, without its number.
  public var kindName: String {
    switch self {
    case .cpu: "cpu"
    case .cuda: "cuda"
    case .privateUse: "privateuseone"
    }
  }

  /// Whether work is done when the call that asks for it returns; elsewhere, whoever reads a number waits.
  package var isSynchronous: Bool { self == .cpu }

  /// The graphics processor's model as its driver names it, or the device's own name where the driver
  /// does not; nil for the processor.
  public var graphicsProcessor: String? {
    guard case .cuda(let index) = self else { return nil }
    var buffer = [CChar](repeating: 0, count: 256)
    let length = ct_gpu_name(Int32(clamping: index), &buffer, buffer.count)
    guard length > 0 else { return description }
    return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  var kind: Int32 {
    switch self {
    case .cpu: Int32(ct_device_cpu)
    case .cuda: Int32(ct_device_cuda)
    case .privateUse: Int32(ct_device_private)
    }
  }

  var index: Int32 {
    guard case .cuda(let index) = self else { return 0 }
    return Int32(index)
  }

  /// The device of a command-line name: `auto` (CUDA where it loads), `cpu`, `cuda`, `cuda:1`.
  ///
  /// - Throws: ``TorchError/noDevice(name:reason:)``.
  public init(named name: String) throws(TorchError) {
    switch name {
    case "cpu": self = .cpu
    case "auto": self = (try? Device.openCUDA(0, name: name)) ?? .cpu
    case "cuda": self = try Device.openCUDA(0, name: name)
    default:
      guard name.hasPrefix("cuda:"), let index = Int(name.dropFirst(5)), index >= 0 else {
        throw .noDevice(name: name, reason: "known are auto, cpu, cuda and cuda:<index>")
      }
      self = try Device.openCUDA(index, name: name)
    }
  }

  private static func openCUDA(_ index: Int, name: String) throws(TorchError) -> Device {
    let table = try Libtorch.table()
    do {
      // cuBLAS reads it when it starts; without, its sums depend on timing.
      setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0)
      try Libtorch.check("CUDA", table.pointee.cuda_load(LibtorchLocation.folder))
      try Libtorch.setDeterministic(true)
    } catch {
      throw .noDevice(name: name, reason: "\(error)")
    }
    let count = Int(table.pointee.cuda_device_count())
    guard index < count else {
      throw .noDevice(name: name, reason: "this machine has \(count) CUDA devices")
    }
    return .cuda(index)
  }

  /// Makes a graphics processor the one on which other libraries of CUDA work when this thread calls them.
  ///
  /// - Throws: ``TorchError``.
  public func select() throws(TorchError) {
    guard case .cuda(let index) = self else { return }
    try Libtorch.check("select \(self)", Libtorch.table().pointee.cuda_select(Int32(index)))
  }

  /// Waits until everything asked of the device is done.
  public func synchronize() throws(TorchError) {
    guard case .cuda(let index) = self else { return }
    try Libtorch.check(
      "synchronize \(self)", Libtorch.table().pointee.cuda_synchronize(Int32(index)))
  }
}
