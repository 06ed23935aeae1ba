// swift-tools-version: 6.3
import PackageDescription

// A package of its own, so that the main build knows nothing of fuzzers; see scripts/fuzz_readers.sh.
let package = Package(
  name: "Fuzzing",
  dependencies: [.package(name: "bench", path: "..")],
  targets: [
    .systemLibrary(name: "CFuzzingZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .executableTarget(
      name: "FuzzReaders",
      dependencies: [
        .product(name: "Datasets", package: "bench"),
        .product(name: "GenerationMetrics", package: "bench"), "CFuzzingZlib",
      ],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
  ],
  swiftLanguageModes: [.v6]
)
