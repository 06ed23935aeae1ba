import FoundationEssentials

/// Where libtorch lies, for those that load it when they need it.
public enum LibtorchLocation {
  /// `$LIBTORCH`, else the cache that `make` fills.
  public static var folder: String {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["LIBTORCH"], !folder.isEmpty { return folder }
    let cache = environment["BENCH_CACHE"] ?? "\(environment["HOME"] ?? "")/.cache/bench"
    return "\(cache)/libtorch/2.11.0/torch"
  }

  /// Whether `folder` holds a libtorch.
  public static var isPresent: Bool {
    FileManager.default.fileExists(atPath: "\(folder)/lib/libtorch_cpu.so")
  }
}
