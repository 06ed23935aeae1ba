import FoundationEssentials

/// Where libtorch lies, for those that load it when they need it.
public enum LibtorchLocation {
  /// `$LIBTORCH`; else the torch of the Python environment that the program is installed in; else the
  /// cache that `make` fills.
  public static var folder: String {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["LIBTORCH"], !folder.isEmpty { return folder }
    if let folder = pythonFolder(in: ProgramLocation.prefix) { return folder }
    let cache = environment["BENCH_CACHE"] ?? "\(environment["HOME"] ?? "")/.cache/bench"
    return "\(cache)/libtorch/2.11.0/torch"
  }

  /// Whether `folder` holds a libtorch.
  public static var isPresent: Bool { isLibtorch(folder) }

  /// The torch of a Python environment.
  ///
  /// - Parameter prefix: The folder that the environment's `bin` and `lib` lie in.
  /// - Returns: The folder with libtorch's `lib`, or nil if torch is not installed there.
  package static func pythonFolder(in prefix: String) -> String? {
    // Red Hat's systems have lib64, Debian's own Python dist-packages.
    for library in ["lib", "lib64"] {
      let versions = (try? FileManager.default.contentsOfDirectory(atPath: "\(prefix)/\(library)"))
      for version in (versions ?? []).filter({ $0.hasPrefix("python3") }).sorted() {
        for packages in ["site-packages", "dist-packages"] {
          let folder = "\(prefix)/\(library)/\(version)/\(packages)/torch"
          if isLibtorch(folder) { return folder }
        }
      }
    }
    return nil
  }

  private static func isLibtorch(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/lib/libtorch_cpu.so")
  }
}
