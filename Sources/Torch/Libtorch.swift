import BenchSupport
internal import CTorch
import FoundationEssentials
import Glibc

/// The libtorch of this process: loaded when first needed, never unloaded.
///
/// Commands that need no tensors therefore do not pay for its start-up, and run where it is absent.
public enum Libtorch {
  /// The table of entry points, or why there is none.
  nonisolated(unsafe) private static let loaded: Result<UnsafePointer<ct_api>, TorchError> = load()

  /// The entry points of libtorch.
  ///
  /// - Throws: ``TorchError/unavailable(reason:)``.
  static func table() throws(TorchError) -> UnsafePointer<ct_api> {
    try loaded.get()
  }

  /// The version the shim was compiled against, for instance `2.11.0`.
  ///
  /// - Throws: ``TorchError/unavailable(reason:)``.
  public static func version() throws(TorchError) -> String {
    String(cString: try table().pointee.torch_version)
  }

  /// Where the shim is looked for: `$BENCH_TORCH_SHIM`, else beside the running program.
  static var shimPath: String {
    if let path = getenv("BENCH_TORCH_SHIM").map({ String(cString: $0) }), !path.isEmpty {
      return path
    }
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = ct_program_path(&buffer, buffer.count)
    let path = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/") + "/libCTorchShim.so"
  }

  private static func load() -> Result<UnsafePointer<ct_api>, TorchError> {
    guard LibtorchLocation.isPresent else {
      return .failure(
        .unavailable(reason: "there is no \(LibtorchLocation.folder)/lib/libtorch_cpu.so"))
    }
    guard FileManager.default.fileExists(atPath: shimPath) else {
      return .failure(
        .unavailable(reason: "bench was built without it (there is no \(shimPath))"))
    }
    var message: UnsafeMutablePointer<CChar>?
    guard let table = ct_load(LibtorchLocation.folder, shimPath, &message) else {
      defer { free(message) }
      return .failure(.unavailable(reason: message.map { String(cString: $0) } ?? "dlopen failed"))
    }
    return .success(table)
  }

  /// Turns a message of the shim into an error.
  static func check(_ action: @autoclosure () -> String, _ message: UnsafeMutablePointer<CChar>?)
    throws(TorchError)
  {
    guard let message else { return }
    defer { free(message) }
    throw .failed(action: action(), message: String(cString: message))
  }

  /// The number of threads an operator may use on the CPU.
  public static func setThreadCount(_ count: Int) throws(TorchError) {
    try table().pointee.set_thread_count(Int32(count))
  }

  /// The number of threads an operator may use on the CPU.
  public static func threadCount() throws(TorchError) -> Int {
    Int(try table().pointee.thread_count())
  }

  /// Asks for algorithms whose results do not depend on timing; operators without one then fail.
  public static func setDeterministic(_ isDeterministic: Bool) throws(TorchError) {
    try check(
      "deterministic algorithms", table().pointee.set_deterministic(isDeterministic ? 1 : 0))
  }
}
