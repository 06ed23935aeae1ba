import BenchSupport
internal import CTorch
import FoundationEssentials
import Glibc

/// The libtorch of this process: loaded when first needed, never unloaded.
///
/// Commands that need no tensors therefore do not pay for its start-up, and run where it is absent.
public enum Libtorch {
  /// The versions that the shim of a build works with.
  ///
  /// It is compiled for the first; with the others, trainings and features of images have the same digits
  /// (scripts/check_torch_versions.sh). Other versions have moved what it refers to and need shims of their
  /// own, see ``shims()``.
  private static let versionsOfShim = ["2.11", "2.12"]

  /// What was loaded, or why nothing was.
  nonisolated(unsafe) private static let loaded:
    Result<(table: UnsafePointer<ct_api>, version: String), TorchError> = Result(catching: load)

  /// The entry points of libtorch.
  ///
  /// - Throws: ``TorchError/unavailable(reason:)``.
  static func table() throws(TorchError) -> UnsafePointer<ct_api> {
    try loaded.get().table
  }

  /// The version of the libtorch that is loaded, for instance `2.11.0`.
  ///
  /// - Throws: ``TorchError/unavailable(reason:)``.
  public static func version() throws(TorchError) -> String {
    try loaded.get().version
  }

  /// Whether it is the version that the shim was compiled for.
  ///
  /// - Throws: ``TorchError/unavailable(reason:)``.
  static var isShimsOwn: Bool {
    get throws(TorchError) { try version().hasPrefix("\(versionsOfShim[0]).") }
  }

  /// Where the shim is looked for: `$BENCH_TORCH_SHIM`, else among the libraries installed with the
  /// program, else beside it.
  static var shimPath: String {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["BENCH_TORCH_SHIM"], !path.isEmpty { return path }
    let name = "libCTorchShim.so"
    let installed = "\(ProgramLocation.prefix)/lib/bench/\(name)"
    return FileManager.default.fileExists(atPath: installed)
      ? installed : "\(ProgramLocation.folder)/\(name)"
  }

  /// The shims that are there, by the versions of libtorch that they work with, such as `2.11`: that of the
  /// build, and beside it those for one version each, `libCTorchShim-2.15.so`.
  private static func shims() -> [(version: String, path: String)] {
    let own = versionsOfShim.map { ($0, shimPath) }
    guard let slash = shimPath.lastIndex(of: "/") else { return own }
    let folder = String(shimPath[..<slash])
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return own
      + names.filter { $0.hasPrefix("libCTorchShim-") && $0.hasSuffix(".so") }.sorted()
      .map {
        (String($0.dropFirst("libCTorchShim-".count).dropLast(".so".count)), "\(folder)/\($0)")
      }
  }

  private static func load() throws(TorchError) -> (UnsafePointer<ct_api>, String) {
    let folder = LibtorchLocation.folder
    guard LibtorchLocation.isPresent else {
      throw .unavailable(reason: "there is no \(folder)/lib/libtorch_cpu.so")
    }
    guard FileManager.default.fileExists(atPath: shimPath) else {
      throw .unavailable(reason: "bench was built without it (there is no \(shimPath))")
    }
    var message: UnsafeMutablePointer<CChar>?
    defer { free(message) }
    func failure() -> TorchError {
      .unavailable(reason: message.map { String(cString: $0) } ?? "dlopen failed")
    }
    guard let library = ct_open(folder, &message) else { throw failure() }
    let version = version(of: ct_version(library))
    // Asked before a shim is loaded: with another version it could also work wrongly.
    let shims = shims()
    guard let shim = shims.first(where: { version.hasPrefix("\($0.version).") }) else {
      throw .unavailable(
        reason: "that in \(folder) is version \(version), and this bench works with versions "
          + shims.map(\.version).joined(separator: ", "))
    }
    guard let table = ct_load(shim.path, &message) else { throw failure() }
    return (table, version)
  }

  /// A version in words.
  ///
  /// - Parameter packed: Major, minor and patch in the highest bytes; 0 where they are not known.
  /// - Returns: For instance `2.11.0`.
  static func version(of packed: UInt64) -> String {
    guard packed != 0 else { return "unknown (older than 2.8)" }
    return [56, 48, 40].map { "\((packed >> $0) & 0xFF)" }.joined(separator: ".")
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

  /// Asks for algorithms whose results do not depend on timing; operators without one say so once.
  public static func setDeterministic(_ isDeterministic: Bool) throws(TorchError) {
    try check(
      "deterministic algorithms", table().pointee.set_deterministic(isDeterministic ? 1 : 0))
  }
}
