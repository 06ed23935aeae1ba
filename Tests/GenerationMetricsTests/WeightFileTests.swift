import BenchSupport
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

  @Test("in safetensors hold the same", .enabled(if: (try? Libtorch.version()) != nil))
  func safetensors() throws {
    try check(WeightFile(path: GoldenFile.path("state.safetensors")))
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

  @Test("with any byte changed give tensors or a typed error, never a crash")
  func damaged() throws {
    let folder = try TemporaryFolder()
    var random = Philox(seed: 5)
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: GoldenFile.path("state_legacy.pth"))))
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
