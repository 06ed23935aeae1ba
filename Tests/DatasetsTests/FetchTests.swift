import BenchSupport
import Datasets
import Foundation
import TestSupport
import Testing

@Suite("Fetching", .serialized) struct FetchTests {
  /// A dataset of one file with the published identity of `contents`.
  func entry(_ contents: [UInt8], urls: [String], checksum: Bool = true, size: Bool = false)
    -> DatasetEntry
  {
    DatasetEntry.forTesting(
      name: "numbers", file: "numbers.bin", urls: urls,
      md5: checksum ? Digest.of(contents, .md5) : nil, byteCount: size ? contents.count : nil)
  }

  var options: DownloadOptions {
    var options = DownloadOptions()
    options.retryCount = 2
    options.retrySeconds = 0.01
    options.stallSeconds = 1
    options.isQuiet = true
    return options
  }

  /// 300 kB: several pieces of a connection.
  let contents = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

  func fetched(
    _ behaviour: HTTPServer.Behaviour, checksum: Bool = true
  ) throws -> (bytes: [UInt8], offsets: [Int]) {
    let folder = try TemporaryFolder()
    let server = try HTTPServer(contents, behaviour)
    let result = try entry(contents, urls: ["\(server.url)/numbers.bin"], checksum: checksum)
      .fetch(into: folder.path, options: options)
    #expect(result.count == 1 && result[0].isVerified == checksum && !result[0].wasPresent)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/numbers")
    #expect(files == ["numbers.bin"])
    return (try bytes(of: result[0].path), server.offsets)
  }

  @Test("a file is downloaded and verified")
  func simple() throws {
    let result = try fetched(.correct)
    #expect(result.bytes == contents && result.offsets == [0])
    #expect(try fetched(.correct, checksum: false).bytes == contents)
  }

  @Test("a server that drops every connection still delivers, piece after piece")
  func drops() throws {
    let result = try fetched(.dropsAfter(100_000))
    #expect(result.bytes == contents && result.offsets == [0, 100_000, 200_000])
  }

  @Test("a busy server is asked again")
  func busy() throws {
    let result = try fetched(.busy(times: 2))
    #expect(result.bytes == contents && result.offsets == [0, 0, 0])
  }

  @Test("an interrupted download goes on where it stopped")
  func resumes() throws {
    let folder = try TemporaryFolder()
    let server = try HTTPServer(contents, .correct)
    try FileManager.default.createDirectory(
      atPath: folder.path + "/numbers", withIntermediateDirectories: true)
    try write(Array(contents[..<123_456]), to: folder.path + "/numbers/numbers.bin.part")
    _ = try entry(contents, urls: [server.url]).fetch(into: folder.path, options: options)
    #expect(server.offsets == [123_456])
    #expect(try bytes(of: folder.path + "/numbers/numbers.bin") == contents)
  }

  @Test("a server without ranges is read from the start", arguments: [123_456, 300_000])
  func noRanges(partCount: Int) throws {
    let folder = try TemporaryFolder()
    let server = try HTTPServer(contents, partCount < 300_000 ? .ignoresRanges : .correct)
    try FileManager.default.createDirectory(
      atPath: folder.path + "/numbers", withIntermediateDirectories: true)
    // A part that is wrong or, in the second case, as long as the file: the server says 416.
    let part = [UInt8](repeating: 7, count: partCount)
    try write(part, to: folder.path + "/numbers/numbers.bin.part")
    _ = try entry(contents, urls: [server.url]).fetch(into: folder.path, options: options)
    #expect(server.offsets == [partCount, 0])
    #expect(try bytes(of: folder.path + "/numbers/numbers.bin") == contents)
  }

  @Test("a complete part of known size is verified without another request")
  func completePart() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/numbers", withIntermediateDirectories: true)
    try write(contents, to: folder.path + "/numbers/numbers.bin.part")
    let server = try HTTPServer(contents, .correct)
    _ = try entry(contents, urls: [server.url], size: true)
      .fetch(into: folder.path, options: options)
    #expect(server.offsets.isEmpty)
  }

  func error(
    _ served: [UInt8], _ behaviour: HTTPServer.Behaviour, checksum: Bool = true, size: Bool = false
  ) throws -> String {
    let folder = try TemporaryFolder()
    let server = try HTTPServer(served, behaviour)
    let error = try failure(DatasetError.self) {
      _ = try entry(contents, urls: [server.url], checksum: checksum, size: size)
        .fetch(into: folder.path, options: options)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/numbers/numbers.bin"))
    return error.description
  }

  @Test("a wrong file is refused and removed")
  func wrongFile() throws {
    let other = contents.map { $0 ^ 1 }
    #expect(try error(other, .correct).contains("expected md5 \(Digest.of(contents, .md5))"))
    #expect(
      try error(Array(contents.dropLast()), .correct, size: true).contains("expected 300000 bytes"))
    let page = Array("\n<!DOCTYPE html><html>Quota exceeded</html>".utf8)
    #expect(try error(page, .correct, checksum: false).contains("found a web page"))
  }

  @Test("servers that refuse, stall or stay busy are reported")
  func refusals() throws {
    #expect(try error(contents, .refuses(status: 404)).contains("404"))
    #expect(try error(contents, .busy(times: 99)).contains("3 times"))
    // Every stalled connection brings one byte: progress, but the limit of tries still ends it.
    #expect(try error([UInt8](repeating: 1, count: 3), .stalls, checksum: true).contains("md5"))
  }

  @Test("nobody listening is reported after the tries")
  func nobody() throws {
    let folder = try TemporaryFolder()
    let error = try failure(DatasetError.self) {
      _ = try entry(contents, urls: ["http://127.0.0.1:1/numbers.bin"])
        .fetch(into: folder.path, options: options)
    }
    #expect(error.description.hasPrefix("http://127.0.0.1:1/numbers.bin: download failed: "))
    #expect(throws: DatasetError.self) {
      try entry(contents, urls: ["file:///etc/passwd"]).fetch(into: folder.path, options: options)
    }
  }

  @Test("the next location is tried when one fails")
  func secondLocation() throws {
    let folder = try TemporaryFolder()
    let first = try HTTPServer(contents, .refuses(status: 404))
    let second = try HTTPServer(contents, .correct)
    _ = try entry(contents, urls: [first.url, second.url])
      .fetch(into: folder.path, options: options)
    #expect(try bytes(of: folder.path + "/numbers/numbers.bin") == contents)
  }

  @Test("mirrors, folders and files serve as well, and are verified as well")
  func mirrors() throws {
    let folder = try TemporaryFolder()
    let source = folder.path + "/copies"
    try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
    try write(contents, to: source + "/numbers.bin")
    let server = try HTTPServer(contents, .correct)
    for (number, from) in [source, source + "/numbers.bin", server.url + "/mirror"].enumerated() {
      let data = "\(folder.path)/data\(number)"
      let mirror = try DatasetEntry.Mirror(from)
      _ = try entry(contents, urls: []).fetch(into: data, from: mirror, options: options)
      #expect(try bytes(of: data + "/numbers/numbers.bin") == contents)
      // Once there, nothing is fetched again.
      let again = try entry(contents, urls: []).fetch(into: data, options: options)
      #expect(again[0].wasPresent)
    }
    try write([1, 2, 3], to: source + "/numbers.bin")
    #expect(throws: DatasetError.self) {
      try entry(contents, urls: []).fetch(
        into: folder.path + "/other", from: .folder(source), options: options)
    }
    #expect(throws: DatasetError.self) { try DatasetEntry.Mirror("/nowhere/numbers.bin") }
    let manual = try failure(DatasetError.self) {
      _ = try DatasetCatalog.entry("celeba").fetch(into: folder.path, options: options)
    }
    #expect(manual.description.contains("cannot be downloaded by programs"))
  }

  @Test("two downloads at once give one file")
  func concurrent() throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    let server = try HTTPServer(contents, .correct)
    let entry = entry(contents, urls: [server.url])
    let options = options
    let results = try Parallel.tryMap(2) { _ in
      try entry.fetch(into: path, options: options).count
    }
    #expect(results == [1, 1])
    #expect(try bytes(of: path + "/numbers/numbers.bin") == contents)
  }
}

@Suite("Verifying", .serialized) struct VerificationTests {
  @Test(
    "miniatures open and their pixels are what was decoded",
    arguments: [
      "shapes3d", "dsprites", "mpi3d-toy", "cars3d", "smallnorb", "celeba", "ffhq",
    ])
  func passes(name: String) throws {
    let folder = try TemporaryFolder()
    let directory = try miniature(name, in: folder)
    let report = try DatasetCatalog.entry(name).verify(dataDirectory: directory)
    #expect(report.checks.contains { $0.subject == "contents" && $0.outcome == .passed })
    #expect(report.checks.contains { $0.subject == "cached pixels" && $0.outcome == .passed })
    #expect(report.sampleDigest?.count == 64)
    // A miniature is not the published file: wherever a checksum is known, it must not match.
    let files = try DatasetCatalog.entry(name).files
    for check in report.checks {
      if let file = files.first(where: { $0.path == check.subject }) {
        #expect(check.outcome == (file.checksum == nil ? .unknown : .failed))
      }
    }
  }

  @Test("a changed pixel in the cache is found")
  func changedPixel() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("dsprites", in: folder)
    _ = try DatasetCatalog.open("dsprites", dataDirectory: directory)
    let cache = "\(directory)/dsprites/cache/dsprites-miniature.pixels"
    var pixels = try bytes(of: cache)
    pixels[10_000] ^= 1
    try write(pixels, to: cache)
    let report = try DatasetCatalog.entry("dsprites").verify(dataDirectory: directory)
    #expect(report.checks.last?.outcome == .failed && !report.isPassed)
  }

  @Test("a cache whose header claims more pixels than there are numbers is made again")
  func enormousCache() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("dsprites", in: folder)
    let original = try DatasetCatalog.open("dsprites", dataDirectory: directory).checksum
    let cache = "\(directory)/dsprites/cache/dsprites-miniature.pixels"
    let whole = try bytes(of: cache)
    let length = Int(whole[8]) | Int(whole[9]) << 8
    let text = String(decoding: whole[10..<10 + length], as: UTF8.self)
    for (field, value) in [
      ("height", "4611686018427387904"), ("height", "9223372036854775807"), ("width", "-64"),
    ] {
      let header = Array(text.replacing("\"\(field)\":64", with: "\"\(field)\":\(value)").utf8)
      #expect(header.count > length)
      var changed = whole
      changed[8] = UInt8(header.count & 255)
      changed[9] = UInt8(header.count >> 8)
      changed.replaceSubrange(10..<10 + header.count, with: header)
      try write(changed, to: cache)
      #expect(try DatasetCatalog.open("dsprites", dataDirectory: directory).checksum == original)
      #expect(try bytes(of: cache) == whole)
    }
  }

  @Test("a damaged file is a failed check, a missing dataset an error")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("shapes3d", in: folder)
    try write([1, 2, 3], to: "\(directory)/shapes3d/3dshapes.h5")
    let report = try DatasetCatalog.entry("shapes3d").verify(dataDirectory: directory)
    #expect(!report.isPassed && report.sampleDigest == nil)
    #expect(throws: DatasetError.self) {
      try DatasetCatalog.entry("cars3d").verify(dataDirectory: directory)
    }
  }

  @Test("the built-in scenes have the digest they were released with")
  func builtIn() throws {
    let report = try DatasetCatalog.entry("scenes3d").verify(dataDirectory: "/nowhere")
    #expect(report.isPassed && report.sampleDigest != nil)
  }
}

@Suite("Parts and sheets") struct PartTests {
  let scenes = SmallGrid()

  /// 4 × 3 × 5 images of one pixel.
  struct SmallGrid: FactorDataset {
    let name = "grid"
    let imageShape = ImageShape(height: 1, width: 1, channelCount: 1)
    let count = 6 * 4 * 50
    let checksum = "grid"
    let factorNames = ["hue", "size", "angle"]
    let factorSizes = [6, 4, 50]

    func read(
      _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
    ) throws(DatasetError) {
      for (place, index) in indices.enumerated() { pixels[place] = UInt8(index & 255) }
    }
  }

  @Test("a random split puts every combination on one side")
  func randomSplit() throws {
    let train = try FactorSubset("train", of: scenes)
    let test = try FactorSubset("test", of: scenes)
    #expect((train.indices + test.indices).sorted() == Array(0..<scenes.count))
    // 1,200 draws of probability 0.2: standard deviation 0.0115.
    #expect(abs(Double(test.count) / Double(scenes.count) - 0.2) < 0.06)
    #expect(train.name == "grid-train" && train.checksum != test.checksum)
    #expect(train.factors(at: 3) == scenes.factors(at: train.indices[3]))
    #expect(try train.pixels(at: [5]) == scenes.pixels(at: [train.indices[5]]))
    for index in stride(from: 0, to: train.count, by: 7) {
      #expect(train.index(ofFactors: train.factors(at: index)) == index)
    }
    let missing = train.index(ofFactors: test.factors(at: 0))
    #expect((0..<train.count).contains(missing))
  }

  @Test("a composition split holds out combinations whose values were all seen")
  func composition() throws {
    let test = try FactorSubset("test(hue,size)", of: scenes)
    let train = try FactorSubset("train(hue,size)", of: scenes)
    #expect(test.count + train.count == scenes.count && test.count == scenes.count / 4)
    for index in 0..<test.count {
      let factors = test.factors(at: index)
      #expect(factors[0] >= 3 && factors[1] >= 2)
    }
    for factor in 0..<3 {
      let seen = Set((0..<train.count).map { train.factors(at: $0)[factor] })
      #expect(seen.count == scenes.factorSizes[factor])
    }
  }

  @Test(
    "a correlation is as strong as asked for", arguments: [(0.2, 0.6...1.0), (3.0, -0.1...0.2)])
  func correlation(width: Double, expected: ClosedRange<Double>) throws {
    let part = try FactorSubset("correlated(hue,angle,\(width))", of: scenes)
    let values = (0..<part.count).map { part.factors(at: $0) }
    func mean(_ value: ([Int]) -> Double) -> Double {
      values.map(value).reduce(0, +) / Double(values.count)
    }
    let (a, b) = (mean { Double($0[0]) }, mean { Double($0[2]) })
    let covariance = mean { (Double($0[0]) - a) * (Double($0[2]) - b) }
    let first = mean { (Double($0[0]) - a) * (Double($0[0]) - a) }
    let second = mean { (Double($0[2]) - b) * (Double($0[2]) - b) }
    #expect(expected.contains(covariance / (first * second).squareRoot()))
  }

  @Test(
    "what describes no part is refused",
    arguments: [
      "", "validation", "train(hue", "train(hue)", "train(hue,colour)", "correlated(hue,size)",
      "correlated(hue,hue,1)", "correlated(hue,size,0)", "correlated(hue,size,nan)",
    ])
  func refused(text: String) {
    #expect(throws: DatasetError.self) { try FactorSubset(text, of: scenes) }
  }

  @Test("the catalog opens parts by name")
  func catalog() throws {
    let part = try DatasetCatalog.open("scenes3d:test(shape,object_hue)", dataDirectory: "/nowhere")
    #expect(part.name == "scenes3d-test-shape-object_hue" && part.count == 480_000 / 4)
    #expect(throws: DatasetError.self) {
      try DatasetCatalog.open("scenes3d:test@64", dataDirectory: "/nowhere")
    }
  }
}
