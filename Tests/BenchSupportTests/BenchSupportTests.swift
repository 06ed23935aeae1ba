import BenchSupport
import TestSupport
import Testing

@Suite("Philox") struct PhiloxTests {
  @Test("continues from any position")
  func resumes() {
    var first = Philox(seed: 7, stream: 3)
    let words = (0..<9).map { _ in first.next() }
    for start in 0..<9 {
      var second = Philox(seed: 7, stream: 3, position: UInt64(start))
      #expect((start..<9).map { _ in second.next() } == Array(words[start...]))
    }
  }

  /// Known answers of the authors' Random123 distribution (kat_vectors, philox4x32 10 rounds).
  @Test("reproduces the authors' known answers")
  func knownAnswers() {
    var zero = Philox(seed: 0)
    #expect([zero.next(), zero.next()] == [0xe169_c58d_6627_e8d5, 0x9b00_dbd8_bc57_ac4c])
  }

  @Test("integers stay below their bound and reach every value")
  func integers() {
    var generator = Philox(seed: 1)
    let draws = (0..<1000).map { _ in generator.integer(below: 7) }
    #expect(Set(draws) == Set(0..<7))
  }
}

@Suite("Names") struct NearestNameTests {
  @Test("suggests what is close, nothing else")
  func suggests() {
    let known = ["shapes3d", "scenes3d", "dsprites"]
    #expect(nearestNames(to: "scene3d", in: known) == ["scenes3d"])
    #expect(nearestNames(to: "Shapes", in: known) == ["shapes3d"])
    #expect(nearestNames(to: "qqqqqqqq", in: known) == [])
    let models = ["beta-vae", "beta-tcvae", "vae"]
    #expect(nearestNames(to: "Beta_VAE", in: models) == ["beta-vae"])
    #expect(
      suggestion(for: "betavae", in: models, option: "--model", remedy: "see --help")
        == "did you mean --model beta-vae?")
    #expect(suggestion(for: "qqqqqqqqqq", in: models, remedy: "see --help") == "see --help.")
  }
}

@Suite("Numbers for people") struct FormattingTests {
  @Test("large ones have an exponent, one thing has no plural")
  func formats() {
    #expect(999_999.0.fixed(1) == "999999.0" && 12_345_678.0.fixed(3) == "1.235e+07")
    #expect((-2e9).fixed(1) == "-2.0e+09" && 0.0.fixed(2) == "0.00")
    #expect(counted(1, "latent") == "1 latent" && counted(0, "latent") == "0 latents")
  }
}

@Suite("Digest") struct DigestTests {
  @Test("agrees with the published test vectors")
  func vectors() {
    #expect(Digest.of(Array("abc".utf8), .md5) == "900150983cd24fb0d6963f7d28e17f72")
    #expect(
      Digest.of(Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}

@Suite("Parallel") struct ParallelTests {
  @Test("keeps index order on any number of threads", arguments: [1, 2, 5])
  func order(threads: Int) {
    Parallel.$threadCount.withValue(threads) {
      #expect(Parallel.map(100) { $0 * $0 } == (0..<100).map { $0 * $0 })
    }
  }
}

@Suite("CRC-32C") struct CRC32CTests {
  @Test("has the check value of its catalogue, and RFC 3720's")
  func knownValues() {
    #expect(CRC32C.of("123456789".utf8) == 0xE306_9283)
    #expect(CRC32C.of(repeatElement(0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.of(0..<32) == 0x46DD_794E)
    #expect(CRC32C.of([]) == 0)
  }
}

@Suite("Where libtorch lies") struct LibtorchLocationTests {
  @Test(
    "is found in a Python environment of any kind",
    arguments: [
      "lib/python3.11/site-packages", "lib64/python3.9/site-packages",
      "lib/python3.13/dist-packages",
    ])
  func python(packages: String) throws {
    let prefix = try TemporaryFolder()
    #expect(LibtorchLocation.pythonFolder(in: prefix.path) == nil)
    let torch = "\(prefix.path)/\(packages)/torch"
    try createFolder("\(torch)/lib")
    #expect(LibtorchLocation.pythonFolder(in: prefix.path) == nil)
    try AtomicFile.write([], to: "\(torch)/lib/libtorch_cpu.so")
    #expect(LibtorchLocation.pythonFolder(in: prefix.path) == torch)
  }
}
