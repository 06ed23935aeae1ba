// swift-tools-version: 6.3
import PackageDescription

/// Folder with libtorch's `include/` and `lib/`; without it everything builds but the shim that
/// loads libtorch, and commands that need tensors say so.
let libtorch = Context.environment["LIBTORCH"].flatMap { $0.isEmpty ? nil : $0 }

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "bench",
  products: [
    .executable(name: "bench", targets: ["BenchCLI"]),
    .library(name: "LinearAlgebra", targets: ["LinearAlgebra"]),
    .library(name: "Datasets", targets: ["Datasets"]),
    .library(name: "Disentanglement", targets: ["Disentanglement"]),
    .library(name: "GenerationMetrics", targets: ["GenerationMetrics"]),
    .library(name: "Plotting", targets: ["Plotting"]),
    .library(name: "Results", targets: ["Results"]),
    .library(name: "Torch", targets: ["Torch"]),
    .library(name: "Reference", targets: ["Reference"]),
    .library(name: "Experiments", targets: ["Experiments"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
  ],
  targets: [
    // C libraries
    .systemLibrary(
      name: "CHDF5", path: "Sources/C/CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(
      name: "CZlib", path: "Sources/C/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CCrypto", path: "Sources/C/CCrypto", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"])]),
    .target(
      name: "CHDF5Shims", dependencies: ["CHDF5", "CZlib"], path: "Sources/C/CHDF5Shims"),
    .target(name: "CZlibShims", dependencies: ["CZlib"], path: "Sources/C/CZlibShims"),
    .target(name: "CResampling", path: "Sources/C/CResampling"),
    .target(name: "CQuantised", path: "Sources/C/CQuantised"),
    .target(
      name: "CLogistic", path: "Sources/C/CLogistic", linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "CPNG", path: "Sources/C/CPNG", linkerSettings: [.linkedLibrary("png")]),
    .target(
      name: "CJPEG", path: "Sources/C/CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    .target(
      name: "CWebP", path: "Sources/C/CWebP", linkerSettings: [.linkedLibrary("webp")]),
    .target(
      name: "CTIFF", path: "Sources/C/CTIFF", linkerSettings: [.linkedLibrary("tiff")]),
    .target(
      name: "CCurl", path: "Sources/C/CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(
      name: "COpenBLAS", path: "Sources/C/COpenBLAS", linkerSettings: [.linkedLibrary("dl")]),

    .target(
      name: "CMPI", path: "Sources/C/CMPI", linkerSettings: [.linkedLibrary("dl")]),

    .target(
      name: "CNCCL", path: "Sources/C/CNCCL", linkerSettings: [.linkedLibrary("dl")]),

    .target(name: "CProcess", path: "Sources/C/CProcess"),

    .target(
      name: "CTorch", path: "Sources/C/CTorch", linkerSettings: [.linkedLibrary("dl")]),

    // Libraries
    .target(name: "BenchSupport", dependencies: ["CCrypto", "CProcess"]),
    .target(name: "MessagePassing", dependencies: ["CMPI", "CNCCL"]),
    .target(name: "LinearAlgebra", dependencies: ["COpenBLAS", "CTorch", "BenchSupport"]),
    .target(
      name: "Datasets",
      dependencies: [
        "BenchSupport", "CHDF5", "CHDF5Shims", "CZlib", "CZlibShims", "CPNG", "CJPEG", "CWebP",
        "CTIFF", "CCurl", "CResampling",
      ]),
    .target(name: "Plotting", dependencies: ["BenchSupport", "Datasets"]),
    .target(
      name: "Disentanglement", dependencies: ["BenchSupport", "LinearAlgebra", "CLogistic"]),
    .target(name: "Torch", dependencies: ["CTorch", "BenchSupport"]),
    .target(
      name: "GenerationMetrics",
      dependencies: [
        "BenchSupport", "CQuantised", "MessagePassing", "LinearAlgebra", "Datasets", "Torch",
      ]),
    .target(
      name: "Reference",
      dependencies: [
        "Torch", "BenchSupport", "MessagePassing", "LinearAlgebra", "Datasets", "Disentanglement",
      ]),
    .target(name: "Results", dependencies: ["BenchSupport", "Plotting", yams]),
    .target(
      name: "Experiments",
      dependencies: [
        "BenchSupport", "MessagePassing", "LinearAlgebra", "Datasets", "Disentanglement",
        "GenerationMetrics", "Plotting", "Reference", "Results", "Torch", yams,
      ]),
    .executableTarget(
      name: "BenchCLI",
      dependencies: [
        "BenchSupport", "MessagePassing", "LinearAlgebra", "Datasets", "Disentanglement",
        "GenerationMetrics", "Plotting", "Reference", "Results", "Torch", "Experiments",
        argumentParser,
      ]),

    // What a program of another package looks like: it sees public names alone.
    .executableTarget(
      name: "ExampleStudy",
      dependencies: ["Experiments", "Reference", "Results", "Datasets", "Torch"],
      path: "Examples/Study", packageAccess: false),

    // Tests
    .target(
      name: "TestSupport", dependencies: ["BenchSupport", "Torch"], path: "Tests/TestSupport"),
    .testTarget(name: "BenchSupportTests", dependencies: ["BenchSupport", "TestSupport"]),
    .testTarget(name: "MessagePassingTests", dependencies: ["MessagePassing"]),
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
        "GenerationMetrics", "LinearAlgebra", "Datasets", "Torch", "BenchSupport", "TestSupport",
      ],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "TorchTests", dependencies: ["Torch", "BenchSupport", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "ReferenceTests",
      dependencies: [
        "Reference", "Torch", "Datasets", "Disentanglement", "LinearAlgebra", "BenchSupport",
        "MessagePassing", "TestSupport",
      ],
      resources: [.copy("Golden")]),
    .testTarget(name: "PlottingTests", dependencies: ["Plotting", "Datasets"]),
    .testTarget(
      name: "ResultsTests", dependencies: ["Results", "Plotting", "BenchSupport", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "Experiments", "Reference", "Results", "Datasets", "Disentanglement", "LinearAlgebra",
        "Torch",
        "BenchSupport", "TestSupport", "ExampleStudy",
      ]),
    .testTarget(
      name: "BenchCLITests",
      dependencies: ["BenchCLI", "BenchSupport", "Datasets", "Results", "TestSupport"],
      resources: [.copy("Golden")]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// A library for tests, loaded at run time like the one it stands in for.
package.products.append(.library(name: "CNCCLStandIn", type: .dynamic, targets: ["CNCCLStandIn"]))
package.targets.append(.target(name: "CNCCLStandIn", path: "Tests/CNCCLStandIn"))

if let libtorch {
  // Loaded at run time, so that commands without tensors do not pay for libtorch's start-up and the
  // rest of the package builds without it.
  for (name, dependencies, path) in [
    ("CTorchShim", ["CTorch"] as [Target.Dependency], "Sources/C/CTorchShim"),
    // A device for tests, see there.
    ("CTorchStandIn", [], "Tests/CTorchStandIn"),
  ] {
    package.products.append(.library(name: name, type: .dynamic, targets: [name]))
    package.targets.append(
      .target(
        name: name,
        dependencies: dependencies,
        path: path,
        cxxSettings: [
          .unsafeFlags([
            "-isystem", "\(libtorch)/include",
            "-isystem", "\(libtorch)/include/torch/csrc/api/include",
          ])
        ],
        linkerSettings: [
          .unsafeFlags(["-L\(libtorch)/lib"]),
          .linkedLibrary("torch_cpu"), .linkedLibrary("c10"), .linkedLibrary("dl"),
        ]))
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
