import ArgumentParser
import BenchSupport
import Datasets
import FoundationEssentials
import Plotting
import Results

/// `bench datasets`: what there is, how to get it, and whether it is what it should be.
struct DatasetsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "datasets",
    abstract: "Lists, describes, fetches and verifies datasets.",
    discussion: """
      Examples:
        bench datasets list
        bench datasets info scenes3d --sheet scenes.png
        bench datasets fetch shapes3d
        bench datasets verify shapes3d
      """,
    subcommands: [List.self, Info.self, Fetch.self, Verify.self, Read.self])
}

extension DatasetsCommand {
  /// `bench datasets list`.
  struct List: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists all datasets and whether they are on this machine.",
      discussion: """
        Examples:
          bench datasets list
          bench datasets list --json --data-dir /data
        """)

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let root = global.dataRoot
      let rows = DatasetCatalog.entries.map { entry in
        (entry, entry.isBuiltIn ? "built in" : entry.isPresent(in: root) ? "present" : "missing")
      }
      try global.emit(
        .object([
          "data_directory": .string(root),
          "datasets": .array(
            rows.map { entry, state in
              .object([
                "name": .string(entry.name), "state": .string(state),
                "summary": .string(entry.summary), "size": .string(entry.size),
                "licence": .string(entry.licence),
              ])
            }),
        ]),
        text: ResultTable(
          header: ["name", "state", "size", "images"],
          rows: rows.map { entry, state in
            [entry.name, state, entry.size, entry.summary].map { ResultTable.Cell($0) }
          }
        ).text() + "\n\nData folder: \(root)")
    }
  }

  /// `bench datasets info NAME`.
  struct Info: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Describes a dataset: images, factors, files, licence; draws a contact sheet.",
      discussion: """
        A dataset of pictures takes a protocol and a side, one with factors a part; pictures
        anywhere are a dataset too: a folder with a slash in its path, a .zip, .tar, .tar.gz, LMDB, .npz
        or .npy file.

        Examples:
          bench datasets info scenes3d --sheet scenes.png
          bench datasets info celeba:d2c@128 --sheet faces.png
          bench datasets info ./photos@64
          bench datasets info samples.npz@64
        """)

    @Argument(help: "A dataset's name, see 'bench datasets list', or pictures anywhere.")
    var name: String

    @Option(help: "Where to write a PNG contact sheet.", completion: .file(extensions: ["png"]))
    var sheet: String?

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let entry = DatasetCatalog.path(name) != nil ? nil : try DatasetCatalog.entry(name)
      let isPresent = entry?.isPresent(in: global.dataRoot) ?? true
      // Without the files there is still something to tell, but nothing to draw.
      let dataset =
        isPresent || sheet != nil
        ? try DatasetCatalog.open(name, dataDirectory: global.dataRoot) : nil
      if let sheet, let dataset { try PictureGrid(of: dataset).write(to: sheet) }
      var json: [String: JSONValue] = ["name": .string(name)]
      var lines: [String] = []
      if let entry { describe(entry, isPresent, &json, &lines) }
      if let dataset { describe(dataset, &json, &lines) }
      if let sheet { lines.append("sheet      \(sheet)") }
      try global.emit(.object(json), text: lines.joined(separator: "\n"))
    }

    private func describe(
      _ entry: DatasetEntry, _ isPresent: Bool, _ json: inout [String: JSONValue],
      _ lines: inout [String]
    ) {
      lines += [
        "\(entry.name): \(entry.summary)", "page       \(entry.page)",
        "licence    \(entry.licence)",
        "size       \(entry.size)",
      ]
      let folder = entry.folder(in: global.dataRoot)
      if !entry.isBuiltIn {
        lines.append("folder     \(folder)\(isPresent ? "" : " (missing files)")")
      }
      let parts = entry.parts(in: global.dataRoot)
      let layouts = Set(parts.compactMap(\.place?.layout))
      if !layouts.isEmpty {
        lines.append(
          "layout     \(layouts.count > 1 ? "mixed: " : "")\(layouts.sorted().joined(separator: ", "))"
        )
      }
      for part in parts {
        let sum =
          part.file.checksum.map { " (checksum \($0.digits))" } ?? " (no published checksum)"
        lines.append("file       \(part.file.path)\(sum)")
        lines += part.file.urls.map { "           \($0)" }
        if let place = part.place {
          lines.append("found      \(part.file.role): \(place.path) (\(place.layout))")
        } else {
          lines.append(
            "missing    \(part.file.role): \(part.file.path)"
              + (part.file.substitute.map { "; \($0)" } ?? ""))
        }
      }
      for way in entry.protocols {
        lines.append("protocol   \(way.name.padded(to: 9)) \(way.summary); side \(way.defaultSide)")
      }
      if let note = entry.note { lines.append("note       \(note)") }
      if !isPresent {
        let isByHand = entry.files.contains { $0.urls.isEmpty && $0.substitute == nil }
        lines.append(
          "get it     bench datasets fetch \(entry.name)\(isByHand ? " --from FOLDER" : "")")
      }
      json["summary"] = .string(entry.summary)
      json["licence"] = .string(entry.licence)
      json["page"] = .string(entry.page)
      json["size"] = .string(entry.size)
      json["is_present"] = .bool(isPresent)
      json["folder"] = .string(folder)
      json["files"] = .array(entry.files.map { .string($0.path) })
      json["parts"] = .array(
        parts.map { part in
          .object([
            "role": .string(part.file.role), "file": .string(part.file.path),
            "found": part.place.map { .string($0.path) } ?? .null,
            "layout": part.place.map { .string($0.layout) } ?? .null,
            "substitute": part.file.substitute.map { .string($0) } ?? .null,
          ])
        })
      json["protocols"] = .array(entry.protocols.map { .string($0.name) })
    }

    private func describe(
      _ dataset: any ImageDataset, _ json: inout [String: JSONValue], _ lines: inout [String]
    ) {
      lines += dataset.notes.map { "note       \($0)" }
      if !dataset.notes.isEmpty { json["notes"] = .array(dataset.notes.map { .string($0) }) }
      lines += [
        "images     \(dataset.count) of \(dataset.imageShape)", "checksum   \(dataset.checksum)",
      ]
      json["count"] = .integer(dataset.count)
      json["checksum"] = .string(dataset.checksum)
      json["image_shape"] = .array(
        [
          dataset.imageShape.height, dataset.imageShape.width, dataset.imageShape.channelCount,
        ].map { .integer($0) })
      if let dataset = dataset as? any FactorDataset {
        for (name, size) in zip(dataset.factorNames, dataset.factorSizes) {
          lines.append("factor     \(name.padded(to: 16)) \(size) values")
        }
        json["factor_names"] = .array(dataset.factorNames.map { .string($0) })
        json["factor_sizes"] = .array(dataset.factorSizes.map { .integer($0) })
      }
      if let dataset = dataset as? any AttributeDataset {
        lines.append("attributes \(dataset.attributeNames.joined(separator: ", "))")
        json["attribute_names"] = .array(dataset.attributeNames.map { .string($0) })
      }
    }
  }

  /// `bench datasets fetch NAME`.
  struct Fetch: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Downloads a dataset's files, or copies them, and verifies them.",
      discussion: """
        A download that is interrupted goes on where it stopped when started again. With --from, files are
        looked for in every layout in which copies have them; folders are linked, not copied.

        Examples:
          bench datasets fetch shapes3d
          bench datasets fetch celeba --from ~/Downloads
          bench datasets fetch ffhq --from ~/ffhq256.zip
          bench datasets fetch mpi3d-real --from https://mirror.example.org/mpi3d
        """)

    @Argument(help: "The dataset's name, see 'bench datasets list'.")
    var name: String

    @OptionGroup var fetching: FetchOptions

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let entry = try DatasetCatalog.entry(name)
      if !entry.isBuiltIn {
        global.note("\(entry.name): \(entry.size); licence: \(entry.licence); see \(entry.page)")
      }
      let files = try entry.fetch(
        into: global.dataRoot, from: fetching.mirror(),
        options: fetching.download(isQuiet: global.quiet))
      try global.emit(
        .object([
          "name": .string(entry.name),
          "files": .array(
            files.map { file in
              .object([
                "path": .string(file.path), "was_present": .bool(file.wasPresent),
                "is_verified": .bool(file.isVerified),
              ])
            }),
        ]),
        text: files.isEmpty
          ? "\(entry.name) is built in; there is nothing to fetch."
          : files.map { "\($0.path): \(Self.state($0))" }.joined(separator: "\n"))
    }

    private static func state(_ file: DatasetEntry.FetchedFile) -> String {
      switch file.state {
      case .wasPresent: "already there"
      case .fetched(let isVerified):
        isVerified
          ? "fetched, checksum as published" : "fetched, no checksum is published for it"
      case .linked(let folder): "linked to \(folder)"
      case .leftOut: "not there"
      }
    }
  }

  /// `bench datasets verify NAME`.
  struct Verify: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Checks a dataset's files, shapes, factors and pixels.",
      discussion: """
        Exit code 2 if anything is not as published.

        Examples:
          bench datasets verify shapes3d
          bench datasets verify celeba --json
        """)

    @Argument(help: "The dataset's name, see 'bench datasets list'.")
    var name: String

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let entry = try DatasetCatalog.entry(name)
      let report = try entry.verify(dataDirectory: global.dataRoot)
      try global.emit(
        .object([
          "name": .string(entry.name), "is_passed": .bool(report.isPassed),
          "sample_digest": report.sampleDigest.map { .string($0) } ?? .null,
          "checks": .array(
            report.checks.map { check in
              .object([
                "subject": .string(check.subject), "outcome": .string(check.outcome.rawValue),
                "detail": .string(check.detail),
              ])
            }),
        ]),
        text: (report.checks.map {
          "\($0.outcome.rawValue.padded(to: 8)) \($0.subject): \($0.detail)"
        }
          + [report.sampleDigest.map { "sample   \($0)" }].compactMap { $0 }).joined(
            separator: "\n"))
      guard report.isPassed else {
        throw DatasetError.contentMismatch(
          file: entry.folder(in: global.dataRoot), expected: "\(entry.name) as published",
          found: counted(report.checks.count { $0.outcome == .failed }, "failed check"))
      }
    }
  }
}
