import ArgumentParser
import BenchSupport
import FoundationEssentials
import Glibc
import LinearAlgebra
import MessagePassing
import Results
import Torch

/// `bench doctor`.
struct DoctorCommand: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Shows versions, devices, threads, where things were found, and what is missing.",
    discussion: """
      Examples:
        bench doctor
        bench doctor --json
      """)

  @OptionGroup var global: GlobalOptions

  func execute() throws {
    let findings = hostFindings() + libraryFindings() + torchFindings() + dataFindings()
    let missing = findings.filter { !$0.isFine }
    try global.emit(
      [
        "findings": .array(findings.map(\.json)),
        "missing": .array(missing.map { .string($0.name) }),
      ],
      text: report(findings))
  }

  private func report(_ findings: [DoctorFinding]) -> String {
    var table = ResultTable(header: ["", "what", "found"])
    for finding in findings {
      table.append([
        .init(finding.isFine ? "ok" : "--"), .init(finding.name), .init(finding.found),
      ])
    }
    let advice = findings.compactMap { finding in
      finding.advice.map { "\(finding.name): \($0)" }
    }
    return ([table.text()] + (advice.isEmpty ? [] : [""] + advice)).joined(separator: "\n")
  }

  private func hostFindings() -> [DoctorFinding] {
    let host = Host.current()
    let gibibytes = (Double(host.memoryBytes) / 0x1p30).fixed(1)
    return [
      DoctorFinding("bench", "\(benchVersion), commit \(SourceCommit.current())"),
      DoctorFinding("swift", swiftVersion),
      DoctorFinding("system", host.system),
      DoctorFinding("processor", "\(host.cpu), \(host.coreCount) cores, \(gibibytes) GiB"),
      DoctorFinding("threads", "\(Parallel.threadCount)"),
    ]
  }

  private func libraryFindings() -> [DoctorFinding] {
    [openBLASFinding(), openMPIFinding()]
      + [
        ("zlib", zlibVersion), ("libpng", pngVersion), ("hdf5", hdf5Version),
      ].map { name, version in
        DoctorFinding(name, version() ?? "not linked into this build")
      }
  }

  private func dataFindings() -> [DoctorFinding] {
    let root = global.dataRoot
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root))?
      .filter { !$0.hasPrefix(".") && hasData("\(root)/\($0)") }.sorted()
    guard let names, !names.isEmpty else {
      return [
        DoctorFinding(
          "data", "nothing in \(root)", isFine: true,
          advice: "scenes3d needs no files; 'bench datasets list' shows how to get the others.")
      ]
    }
    return [DoctorFinding("data", "\(root): \(names.joined(separator: ", "))")]
  }

  /// Whether anything but a lock lies at a path: what was looked for and not found leaves a folder with one.
  private func hasData(_ path: String) -> Bool {
    func names(_ path: String) -> [String]? {
      try? FileManager.default.contentsOfDirectory(atPath: path)
    }
    guard let found = names(path), found.allSatisfy({ $0 == "cache" }) else { return true }
    return names("\(path)/cache")?.contains { !$0.hasSuffix(".lock") } == true
  }
}

/// One line of `bench doctor`.
struct DoctorFinding {
  /// What was looked for.
  let name: String
  /// What was found.
  let found: String
  /// Whether it is as it should be.
  let isFine: Bool
  /// What to do about it.
  let advice: String?

  init(_ name: String, _ found: String, isFine: Bool = true, advice: String? = nil) {
    self.name = name
    self.found = found
    self.isFine = isFine
    self.advice = advice
  }

  var json: JSONValue {
    [
      "name": .string(name), "found": .string(found), "ok": .bool(isFine),
      "advice": advice.map { .string($0) } ?? .null,
    ]
  }
}

/// What `bench doctor` says about libtorch and graphics processors.
func torchFindings() -> [DoctorFinding] {
  do {
    let version = try Libtorch.version()
    let devices = (try? Device(named: "cuda")) == nil ? "no CUDA device" : "CUDA works"
    return [DoctorFinding("libtorch", "\(version) in \(LibtorchLocation.folder), \(devices)")]
  } catch {
    return [
      DoctorFinding(
        "libtorch", "\(error)", isFine: false,
        advice: "scores of codes and of features, comparisons and reports need none.")
    ]
  }
}

/// The linear algebra of the metrics, loaded the way they load it.
func openBLASFinding() -> DoctorFinding {
  do { return DoctorFinding("openblas", try OpenBLAS.configuration()) } catch {
    return DoctorFinding(
      "openblas", "not found", isFine: false, advice: "install it: apt-get install libopenblas-dev")
  }
}

/// Open MPI, which only work in several processes needs.
func openMPIFinding() -> DoctorFinding {
  guard let version = openMPIVersion() else {
    return DoctorFinding(
      "mpi", "not found",
      advice: "only work in several processes needs it: apt-get install openmpi-bin")
  }
  return DoctorFinding("mpi", version)
}

/// The version of the zlib in this process; nil if there is none.
func zlibVersion() -> String? {
  typealias Version = @convention(c) () -> UnsafePointer<CChar>?
  return symbol("zlibVersion", as: Version.self)?().map { String(cString: $0) }
}

/// The version of the libpng in this process; nil if there is none.
func pngVersion() -> String? {
  typealias Version = @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
  return symbol("png_get_libpng_ver", as: Version.self)?(nil).map { String(cString: $0) }
}

/// The version of the HDF5 library in this process; nil if there is none.
func hdf5Version() -> String? {
  typealias Version =
    @convention(c) (
      UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>
    ) -> Int32
  guard let version = symbol("H5get_libversion", as: Version.self) else { return nil }
  var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
  guard version(&major, &minor, &release) >= 0 else { return nil }
  return "\(major).\(minor).\(release)"
}

/// A C function by name, in a library or anywhere in this process.
private func symbol<Function>(
  _ name: String, in handle: UnsafeMutableRawPointer? = nil, as type: Function.Type
) -> Function? {
  dlsym(handle ?? dlopen(nil, RTLD_NOW), name).map { unsafeBitCast($0, to: type) }
}
