// swift-tools-version: 6.3
import PackageDescription

/// Folder with libtorch's `include/` and `lib/`; without it the torch-free part of the package builds.
let libtorch = Context.environment["LIBTORCH"].flatMap { $0.isEmpty ? nil : $0 }

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
  name: "bench",
  products: [
    .executable(name: "bench", targets: ["BenchCLI"]),
    .library(name: "LinearAlgebra", targets: ["LinearAlgebra"]),
    .library(name: "Datasets", targets: ["Datasets"]),
    .library(name: "Disentanglement", targets: ["Disentanglement"]),
    .library(name: "GenerationMetrics", targets: ["GenerationMetrics"]),
    .library(name: "Results", targets: ["Results"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
  ],
  targets: [
    // C libraries
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CHDF5Shims", dependencies: ["CHDF5"]),
    .target(name: "CZlibShims", dependencies: ["CZlib"]),
    .target(name: "CPNG", linkerSettings: [.linkedLibrary("png")]),
    .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("dl")]),

    // Torch-free libraries
    .target(name: "BenchSupport", dependencies: ["CCrypto"]),
    .target(name: "LinearAlgebra", dependencies: ["COpenBLAS", "BenchSupport"]),
    .target(
      name: "Datasets",
      dependencies: ["BenchSupport", "CHDF5", "CHDF5Shims", "CZlib", "CZlibShims", "CPNG", "CJPEG"]),
    .target(name: "Disentanglement", dependencies: ["BenchSupport", "LinearAlgebra"]),
    .target(
      name: "GenerationMetrics", dependencies: ["BenchSupport", "LinearAlgebra", "Datasets"]),
    .target(name: "Results", dependencies: ["BenchSupport", yams]),
    .executableTarget(
      name: "BenchCLI",
      dependencies: [
        "BenchSupport", "LinearAlgebra", "Datasets", "Disentanglement", "GenerationMetrics",
        "Results", argumentParser, logging, yams,
      ]),

    // Tests
    .target(name: "TestSupport", dependencies: ["BenchSupport"], path: "Tests/TestSupport"),
    .testTarget(name: "BenchSupportTests", dependencies: ["BenchSupport", "TestSupport"]),
    .testTarget(
      name: "LinearAlgebraTests", dependencies: ["LinearAlgebra", "BenchSupport", "TestSupport"]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "BenchSupport", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "DisentanglementTests",
      dependencies: [
        "Disentanglement", "LinearAlgebra", "Datasets", "BenchSupport", "TestSupport",
      ],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "GenerationMetricsTests",
      dependencies: [
        "GenerationMetrics", "LinearAlgebra", "Datasets", "BenchSupport", "TestSupport",
      ],
      resources: [.copy("Golden")]),
    .testTarget(name: "ResultsTests", dependencies: ["Results", "BenchSupport", "TestSupport"]),
    .testTarget(
      name: "BenchCLITests",
      dependencies: ["BenchCLI", "BenchSupport", "Datasets", "Results", "TestSupport"],
      resources: [.copy("Golden")]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

if let libtorch {
  package.products += [
    .library(name: "Torch", targets: ["Torch"]),
    .library(name: "Reference", targets: ["Reference"]),
  ]
  package.targets += [
    .target(
      name: "CTorch",
      cxxSettings: [
        .unsafeFlags([
          "-isystem", "\(libtorch)/include",
          "-isystem", "\(libtorch)/include/torch/csrc/api/include",
        ])
      ],
      linkerSettings: [
        .unsafeFlags(["-L\(libtorch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"]),
        .linkedLibrary("torch_cpu"), .linkedLibrary("c10"), .linkedLibrary("dl"),
      ]),
    .target(name: "Torch", dependencies: ["CTorch", "BenchSupport"]),
    .target(
      name: "Reference",
      dependencies: [
        "Torch", "BenchSupport", "LinearAlgebra", "Datasets", "Disentanglement", yams, logging,
      ]),
    .testTarget(
      name: "TorchTests", dependencies: ["Torch", "BenchSupport", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "ReferenceTests",
      dependencies: [
        "Reference", "Torch", "Datasets", "Disentanglement", "LinearAlgebra", "BenchSupport",
        "TestSupport",
      ]),
  ]
  let torchUsers: Set = [
    "BenchCLI", "GenerationMetrics", "GenerationMetricsTests", "BenchCLITests",
  ]
  for target in package.targets where torchUsers.contains(target.name) {
    target.dependencies.append("Torch")
    if target.name == "BenchCLI" { target.dependencies.append("Reference") }
    target.swiftSettings = [.define("LIBTORCH")]
  }
}

for target in package.targets where target.type != .system && !target.name.hasPrefix("C") {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
      .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      .treatAllWarnings(as: .error),
    ]
}
