import FoundationEssentials

/// Where the running program lies, and what was installed with it.
///
/// Installed, as in the folder of `make dist` or in a Python environment, the program is `bin/bench`
/// beside `lib/bench` and `share/bench`; built, it lies in a build folder of its checkout.
public enum ProgramLocation {
  /// The folder of the program, links to it resolved; empty if the system does not say.
  public static let folder: String = {
    let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return path.map { String($0[..<($0.lastIndex(of: "/") ?? $0.startIndex)]) } ?? ""
  }()

  /// The folder that `bin`, `lib` and `share` lie in, if the program is installed.
  public static var prefix: String { "\(folder)/.." }

  /// The folder of files that come with an installed program.
  public static var share: String { "\(prefix)/share/bench" }
}
