import BenchSupport
import Datasets
import Foundation
import GenerationMetrics
import TestSupport
import Testing
import Torch

@Suite("Weight files") struct WeightFileTests {
  /// The values of every tensor of `Golden/state*`, written by torch.
  static let expected: [String: (shape: [Int], head: [Float])] = [
    "Conv2d_1a_3x3.conv.weight": (
      [4, 3, 3, 3], [0.3540396988391876, -0.004965368192642927, -0.5315980315208435]
    ),
    "Conv2d_1a_3x3.bn.running_var": (
      [4], [0.7791868448257446, 0.3487367033958435, 0.467632532119751]
    ),
    "Conv2d_1a_3x3.bn.num_batches_tracked": ([], [7]),
    "fc.weight": ([5, 6], [-0.1711810678243637, -0.7068636417388916, -0.920598566532135]),
  ]

  @Test("of both checkpoint formats hold torch's tensors", arguments: ["legacy", "zip"])
  func containers(format: String) throws {
    try check(WeightFile(path: GoldenFile.path("state_\(format).pth")))
  }

  @Test("in safetensors hold the same, with libtorch or without")
  func safetensors() throws {
    try check(WeightFile(path: GoldenFile.path("state.safetensors")))
  }

  @Test("in safetensors whose header has a length that begins as a pickle")
  func headerLength() throws {
    let data = try Data(contentsOf: URL(filePath: GoldenFile.path("state.safetensors")))
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    // Spaces may follow the header.
    let padding = (0x80 - length % 256 + 256) % 256
    let padded =
      withUnsafeBytes(of: UInt64(length + padding).littleEndian) { Data($0) }
      + data[8..<8 + length] + Data(repeating: 0x20, count: padding) + data[(8 + length)...]
    #expect(padded[0] == 0x80)
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/state.safetensors"
    try padded.write(to: URL(filePath: path))
    try check(WeightFile(path: path))
  }

  private func check(_ file: WeightFile) throws {
    #expect(file.names == Self.expected.keys.sorted())
    for (name, expected) in Self.expected {
      let array = try file.array(name)
      #expect(array.shape == expected.shape)
      #expect(Array(array.elements.prefix(3)) == expected.head)
      #expect(array.elements.count == expected.shape.reduce(1, *))
    }
  }

  /// Files of `scripts/make_weight_layouts.py`.
  @Test(
    "are found behind the prefixes and keys of wrappers and training code",
    arguments: ["module", "twice", "model", "deep", "state_dict"])
  func layouts(name: String) throws {
    let file = try WeightFile(path: GoldenFile.path("layout_\(name).pth"))
    #expect(file.names == ["fc.weight"])
    #expect(try file.parameter("fc.weight", shape: [3]) == [1, 2, 3])
  }

  @Test(
    "of several networks, whole modules and programs are refused, each in a sentence that helps",
    arguments: [
      ("layout_two.pth", "holds the weights of several networks, g, g_ema; save one of them"),
      (
        "layout_whole.pth",
        "is a whole pickled module (torch.nn.parallel.data_parallel.DataParallel)"
      ),
      ("layout_script.pt", "is a TorchScript archive"),
    ])
  func otherLayouts(name: String, words: String) throws {
    let error = #expect(throws: WeightError.self) { try WeightFile(path: GoldenFile.path(name)) }
    #expect(error?.description.contains("\(name): \(words)") == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("torch.save(") == true)
  }

  @Test("of a TorchScript archive are read from its objects, however they are knotted")
  func script() throws {
    let file = try WeightFile(path: GoldenFile.path("layout_knot.pt"))
    #expect(file.names == ["weight"])
    #expect(try file.parameter("weight", shape: [3]) == [1, 2, 3])
    let path = GoldenFile.path("layout_call.pt")
    #expect(throws: WeightError.forbiddenPickle(path: path, request: "posix.system")) {
      try WeightFile(path: path)
    }
  }

  @Test("honour strides, offsets and types", arguments: ["strided_legacy.pth", "strided_zip.pth"])
  func strides(name: String) throws {
    let file = try WeightFile(path: GoldenFile.path(name))
    let convolution = try file.array("conv")
    // Stored [height, width, input, output], seen as [output, input, height, width].
    #expect(convolution.shape == [2, 3, 2, 2])
    let counted = (0..<24).map { index in
      let (output, input, y, x) = (index / 12, index / 4 % 3, index / 2 % 2, index % 2)
      return Float(((y * 2 + x) * 3 + input) * 2 + output)
    }
    #expect(convolution.elements == counted)
    #expect(try file.array("half").elements == [1.5, -2])
    #expect(try file.array("bf").elements == [1.5, -2])
    #expect(try file.array("double").elements == [0.25])
    #expect(try file.array("view").elements == [3, 4, 5, 6])
  }

  /// The first 393,095 bytes of pytorch-fid's release: its header and the first 78 of 566 storages.
  @Test("as pytorch-fid releases them are read as far as they go, convolutions by their strides")
  func genuine() throws {
    let path = GoldenFile.path("pt_inception_head.pth")
    let file = try WeightFile(path: path, isPartial: true)
    #expect(file.names.count == 566)
    let convolution = try file.array("Mixed_5c.branch5x5_2.conv.weight")
    #expect(convolution.shape == [64, 48, 5, 5])
    let digest = convolution.elements.withUnsafeBytes { bytes in
      var digest = Digest(.sha256)
      digest.update(bytes)
      return digest.hexadecimal()
    }
    // Of the tensor as torch sees it; it lies in the file as [height, width, input, output].
    #expect(digest == "1c991ffff0dcfdd78104b49768bbe4218010d7459e165ed73ed1da12a52de111")
    #expect(try file.array("Conv2d_1a_3x3.bn.weight").elements == [Float](repeating: 1, count: 32))
    let error = #expect(throws: WeightError.self) { try file.array("fc.weight") }
    guard case .truncated(_, "fc.weight", _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(throws: WeightError.self) { try WeightFile(path: path) }
  }

  /// `$BENCH_INCEPTION_DATA` names a folder with a longer beginning of the release and what torch
  /// reads from it.
  @Test(
    "as pytorch-fid releases them hold what torch reads",
    .enabled(if: ProcessInfo.processInfo.environment["BENCH_INCEPTION_DATA"] != nil))
  func recovered() throws {
    let folder = try #require(ProcessInfo.processInfo.environment["BENCH_INCEPTION_DATA"])
    let file = try WeightFile(
      path: "\(folder)/pt_inception-2015-12-05-6726825d.pth.trunc", isPartial: true)
    let archive = try NPZArchive(path: "\(folder)/pt_inception_recovered_tensors.npz")
    #expect(archive.names.count > 100)
    for name in archive.names {
      let expected = try archive.array(name)
      let found = try file.array(name)
      #expect(found.shape == expected.shape, "\(name)")
      #expect(found.elements == (try expected.floats()), "\(name)")
    }
  }

  @Test("with a number that is not finite are refused by file and tensor")
  func notFinite() throws {
    let folder = try TemporaryFolder()
    for (name, value) in [("state_legacy.pth", Float.nan), ("state.safetensors", -.infinity)] {
      var bytes = try [UInt8](Data(contentsOf: URL(filePath: GoldenFile.path(name))))
      // The third value of fc.weight is nowhere else in the file.
      let known = Self.expected["fc.weight"]?.head[2].bitPattern ?? 0
      let wanted = (0..<4).map { UInt8(truncatingIfNeeded: known >> (8 * $0)) }
      let place = try #require(
        (0..<bytes.count - 4).first { Array(bytes[$0..<$0 + 4]) == wanted })
      bytes.replaceSubrange(
        place..<place + 4,
        with: (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) })
      let path = "\(folder.path)/\(name)"
      try Data(bytes).write(to: URL(filePath: path))
      let file = try WeightFile(path: path)
      let error = #expect(throws: WeightError.self) {
        try file.parameter("fc.weight", shape: [5, 6])
      }
      guard case .notFinite(path, "fc.weight", 2, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(error?.description.contains("\(path): tensor 'fc.weight' is ") == true)
    }
  }

  @Test("cut off anywhere fail with a typed error and never crash")
  func truncated() throws {
    let folder = try TemporaryFolder()
    for name in ["state_legacy.pth", "state_zip.pth", "strided_legacy.pth"] {
      let bytes = try Data(contentsOf: URL(filePath: GoldenFile.path(name)))
      for count in stride(from: 0, to: bytes.count, by: 5) {
        let path = "\(folder.path)/cut.pth"
        try bytes.prefix(count).write(to: URL(filePath: path))
        #expect(throws: WeightError.self, "\(name) cut to \(count)") {
          let file = try WeightFile(path: path)
          for tensor in file.names { _ = try file.array(tensor) }
        }
      }
    }
  }

  @Test(
    "with any byte changed give tensors or a typed error, never a crash",
    arguments: ["state_legacy.pth", "state_zip.pth", "state.safetensors"])
  func damaged(name: String) throws {
    let folder = try TemporaryFolder()
    var random = Philox(seed: 5)
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: GoldenFile.path(name))))
    for _ in 0..<2000 {
      var damaged = bytes
      for _ in 0..<1 + random.integer(below: 3) {
        damaged[random.integer(below: bytes.count)] = UInt8(random.integer(below: 256))
      }
      let path = "\(folder.path)/damaged.pth"
      try Data(damaged).write(to: URL(filePath: path))
      // Whether it is refused or not, the process must survive.
      guard let file = try? WeightFile(path: path) else { continue }
      for tensor in file.names { _ = try? file.array(tensor) }
    }
  }

  /// The pickles before the state dictionary: magic number, version, system.
  static let prefix: [UInt8] =
    [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    + [0x80, 2, 0x4D, 0xE9, 0x03, 0x2E, 0x80, 2, 0x7D, 0x2E]

  private func open(_ pickle: [UInt8]) throws -> WeightFile {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/made.pth"
    try Data(Self.prefix + pickle).write(to: URL(filePath: path))
    return try WeightFile(path: path)
  }

  @Test("that would run a command are refused, and nothing runs")
  func malicious() throws {
    let folder = try TemporaryFolder()
    let victim = "\(folder.path)/victim"
    // os.system("touch victim"), as Python would run it.
    let pickle =
      Array("cposix\nsystem\nX".utf8) + littleEndian("touch \(victim)".utf8.count)
      + Array("touch \(victim)".utf8) + [0x85, 0x52, 0x2E]
    let error = #expect(throws: WeightError.self) { try open([0x80, 2] + pickle) }
    guard case .forbiddenPickle(_, let request) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(request == "posix.system")
    #expect(!FileManager.default.fileExists(atPath: victim))
  }

  @Test(
    "that ask for other names are refused",
    arguments: ["builtins\neval", "torch\nload", "torch.jit\n_pickle", "torch\nTensor"])
  func otherNames(name: String) {
    let error = #expect(throws: WeightError.self) { try open(Array("c\(name)\n.".utf8)) }
    guard case .forbiddenPickle = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("nested a million deep neither overflow nor hang")
  func nested() {
    #expect(throws: WeightError.self) {
      try open([0x4E] + [UInt8](repeating: 0x85, count: 1_000_000) + [0x2E])
    }
  }

  /// The pickled identifier of a storage: `('storage', type, key, 'cpu', count)`.
  private func storage(_ type: String, _ key: Int, count: Int) -> [UInt8] {
    let number = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    return Array("((X".utf8) + littleEndian(7) + Array("storage".utf8)
      + Array("ctorch\n\(type)\nX".utf8) + littleEndian(1) + Array("\(key)".utf8) + [0x58]
      + littleEndian(3) + Array("cpu".utf8) + [0x8A, 8] + number + [0x74, 0x51]
  }

  /// A whole checkpoint: one empty tensor per storage, and the list of the storages.
  private func checkpoint(_ storages: [(type: String, count: Int)]) -> [UInt8] {
    let call = Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8)
    var pickle: [UInt8] = [0x7D]
    for (key, entry) in storages.enumerated() {
      pickle += [0x58] + littleEndian(1) + Array("\(key)".utf8) + call
      pickle += storage(entry.type, key, count: entry.count)
      // Offset 0, shape [0], stride [1]; no gradient, no hooks.
      pickle += [0x4B, 0, 0x4B, 0, 0x85, 0x4B, 1, 0x85, 0x89, 0x4E, 0x74, 0x52, 0x73]
    }
    let keys = storages.indices.flatMap { key -> [UInt8] in
      [0x58] + littleEndian(1) + Array("\(key)".utf8)
    }
    return pickle + [0x2E, 0x5D, 0x28] + keys + [0x65, 0x2E]
  }

  /// Places of storages that sum to nearly `Int.max`: whatever is added last overflows.
  @Test("whose storages would lie beyond any address are refused")
  func enormous() throws {
    let half = 1 << 59 - 1
    func storages(last count: Int) -> [(type: String, count: Int)] {
      [
        ("DoubleStorage", half), ("DoubleStorage", half - 1 << 37), ("ByteStorage", count),
        ("ByteStorage", 1),
      ]
    }
    // Each storage has eight bytes before it; the first begins where the file ends.
    let end = Self.prefix.count + checkpoint(storages(last: 0)).count
    let room = Int.max - end - 8 * half - 8 * (half - 1 << 37) - 3 * 8
    for slack in 0..<20 {
      #expect(throws: WeightError.self) { try open(checkpoint(storages(last: room - slack))) }
    }
    // What no storage can have by itself.
    #expect(throws: WeightError.self) { try open(checkpoint([("DoubleStorage", .max / 8 + 1)])) }
    #expect(throws: WeightError.self) { try open(checkpoint([("ByteStorage", -1)])) }
    // The pickle itself is right: small storages are only cut off.
    let error = #expect(throws: WeightError.self) { try open(checkpoint([("ByteStorage", 7)])) }
    guard case .truncated(_, "0", 7, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("that claim impossible tensors are refused")
  func impossible() {
    // One storage of one float, seen as a tensor of 2³⁰ × 2³⁰ elements with strides 0.
    let large: [UInt8] = [0x4A, 0, 0, 0, 0x40]
    let storage: [UInt8] =
      Array("((X".utf8) + littleEndian(7) + Array("storage".utf8)
      + Array("ctorch\nFloatStorage\nX".utf8) + littleEndian(1) + Array("0".utf8) + [0x58]
      + littleEndian(3) + Array("cpu".utf8) + [0x4B, 1, 0x4E, 0x74, 0x51]
    let view: [UInt8] =
      [0x4B, 0] + large + large + [0x86, 0x4B, 0, 0x4B, 0, 0x86, 0x89, 0x4E, 0x74]
    let call = Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8)
    let pickle: [UInt8] =
      [0x7D, 0x58] + littleEndian(1) + Array("w".utf8) + call
      + storage + view + [0x52, 0x73, 0x2E]
    #expect(throws: WeightError.self) { try open(pickle) }
  }

  @Test("whose name promises another checksum are refused")
  func digest() throws {
    let folder = try TemporaryFolder()
    let source = GoldenFile.path("state_legacy.pth")
    let digest = try Digest.ofFile(source)
    let right = "\(folder.path)/net-\(digest.prefix(8)).pth"
    try FileManager.default.copyItem(atPath: source, toPath: right)
    _ = try WeightFile(path: right)
    let wrong = "\(folder.path)/net-00000000.pth"
    try FileManager.default.copyItem(atPath: source, toPath: wrong)
    let expected = WeightError.checksumMismatch(
      path: wrong, expected: "00000000", found: String(digest.prefix(8)))
    #expect(throws: expected) { try WeightFile(path: wrong) }
  }

  private func littleEndian(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

@Suite("Known weights") struct KnownWeightsTests {
  @Test("that are missing are never replaced: the error says where they were looked for")
  func missing() throws {
    let folder = try TemporaryFolder()
    let environment = ["HOME": folder.path, "BENCH_WEIGHTS": "\(folder.path)/own"]
    let error = #expect(throws: WeightError.self) {
      try KnownWeights.inception.source(nil, environment: environment, cacheRoot: folder.path)
    }
    let text = error?.description ?? ""
    for part in [
      "\(folder.path)/own", "\(folder.path)/.cache/torch/hub/checkpoints/pt_inception",
      "\(folder.path)/weights/pt_inception", "bench weights fetch inception", "91 MiB", "--weights",
    ] {
      #expect(text.contains(part), "\(text)")
    }
  }

  @Test("are fetched whole and verified, or not at all")
  func fetch() throws {
    let folder = try TemporaryFolder()
    let source = GoldenFile.path("lpips-vgg-v0.1.pth")
    let root = "\(folder.path)/cache"
    let first = try KnownWeights.lpips.fetch(cacheRoot: root, from: .file(source))
    #expect(first.path == "\(root)/weights/lpips-vgg-v0.1.pth" && !first.wasPresent)
    #expect(try KnownWeights.lpips.fetch(cacheRoot: root).wasPresent)
    let file = try WeightFile(path: first.path)
    #expect(file.names.count == 5)
    #expect(throws: (any Error).self) {
      try KnownWeights.inception.fetch(cacheRoot: root, from: .file(source))
    }
    #expect(
      KnownWeights.inception.presentPath(environment: [:], cacheRoot: root) == nil)
  }

  @Test("lie where the environment says, then in torch's cache, then where fetch puts them")
  func order() {
    let paths = KnownWeights.vgg16.candidates(
      environment: ["BENCH_WEIGHTS": "/a.pth", "TORCH_HOME": "/torch"], cacheRoot: "/cache")
    #expect(
      paths == [
        "/a.pth", "/torch/hub/checkpoints/vgg16-397923af.pth",
        "/cache/weights/vgg16-397923af.pth",
      ])
  }
}
