import BenchSupport
import FoundationEssentials
import Results
import TestSupport
import Testing

/// One at a time: the mark of memory is that of the process.
@Suite("What a run takes", .serialized) struct RunMeterTests {
  private static func folder(_ root: String, usage: String? = nil) throws -> RunDirectory {
    let run = RunDirectory(path: "\(root)/seed-0")
    try FileManager.default.createDirectory(atPath: run.path, withIntermediateDirectories: true)
    if let usage { try AtomicFile.write(Array(usage.utf8), to: "\(run.path)/usage.json") }
    return run
  }

  private static func written(_ run: RunDirectory) throws -> JSONValue {
    try JSONValue(parsing: Data(contentsOf: URL(filePath: "\(run.path)/usage.json")))
  }

  @Test("is summed over sessions, the memory being that of the largest")
  func sessions() throws {
    let root = try TemporaryFolder()
    let run = try Self.folder(
      root.path, usage: #"{"wall_seconds": 100.5, "peak_memory_bytes": 4000000000000}"#)
    var before = 100.5
    for _ in 0..<3 {
      let meter = try RunMeter(run) { 0 }
      // Written at once: a run that is killed now has lost nothing.
      #expect((try Self.written(run)["wall_seconds"]?.double ?? 0) >= before)
      let usage = try meter.save()
      #expect(usage.wallSeconds > before && usage.peakMemoryBytes == 4_000_000_000_000)
      #expect(try Self.written(run)["wall_seconds"]?.double == usage.wallSeconds)
      before = usage.wallSeconds
    }
  }

  @Test("begins with nothing, or with what is known of a run that an older version began")
  func beginning() throws {
    let root = try TemporaryFolder()
    let new = try RunMeter(Self.folder("\(root.path)/new")) { 0 }.usage
    #expect(new.wallSeconds < 100)
    #expect((new.peakMemoryBytes ?? 0) > 1 << 20)
    let old = try RunMeter(Self.folder("\(root.path)/old")) { 100 }.usage
    #expect(old.wallSeconds > 100 && old.peakMemoryBytes == nil)
  }

  @Test(
    "is refused where the file says something else",
    arguments: [
      #"{"wall_seconds": -1}"#, #"{"wall_seconds": "1"}"#, #"{"peak_memory_bytes": 1}"#,
      #"{"wall_seconds": 1, "peak_memory_bytes": -1}"#, "{", "[]",
    ])
  func refused(usage: String) throws {
    let root = try TemporaryFolder()
    let run = try Self.folder(root.path, usage: usage)
    let error = #expect(throws: ResultError.self) { try RunMeter(run) { 0 } }
    #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("\(run.path)/usage.json: "))
    #expect(try Data(contentsOf: URL(filePath: "\(run.path)/usage.json")) == Data(usage.utf8))
  }

  /// Other tests run meanwhile: they would have to take half of this within microseconds.
  @Test("has no part in the memory that was used before it")
  func memory() throws {
    let root = try TemporaryFolder()
    let run = try Self.folder(root.path)
    let size = 256 << 20
    do {
      let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
      block.initializeMemory(as: UInt8.self, repeating: 1, count: size)
      block.deallocate()
    }
    let before = Host.peakMemoryBytes()
    #expect(before > size)
    let meter = try RunMeter(run) { 0 }
    let peak = try #require(meter.usage.peakMemoryBytes)
    #expect(peak > 1 << 20 && peak < before - size / 2)
  }
}
