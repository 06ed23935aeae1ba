import ArgumentParser
import BenchSupport
import FoundationEssentials
import Glibc
import Results

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
      .filter { !$0.hasPrefix(".") }.sorted()
    guard let names, !names.isEmpty else {
      return [
        DoctorFinding(
          "data", "nothing in \(root)", isFine: true,
          advice: "scenes3d needs no files; 'bench datasets list' shows how to get the others.")
      ]
    }
    return [DoctorFinding("data", "\(root): \(names.joined(separator: ", "))")]
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
