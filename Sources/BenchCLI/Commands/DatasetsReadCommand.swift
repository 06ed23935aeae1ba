import ArgumentParser
import BenchSupport
import Datasets

extension DatasetsCommand {
  /// `bench datasets read FILE`.
  struct Read: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Reads one file with bench's own readers and writes its arrays as .npz.",
      discussion: """
        What training would see, to compare with another program's reading. Pictures become \
        [height, width, 3]; HDF5 and MATLAB files need --array.

        Examples:
          bench datasets read 000001.jpg --out pixels.npz
          bench datasets read 3dshapes.h5 --array labels --out labels.npz
          bench datasets read photos.tar
        """)

    @Argument(
      help: """
        A .npy, .npz, .h5, .hdf5 or .mat file, a PNG or JPEG picture, or a folder, .zip, .tar or \
        LMDB of pictures.
        """, completion: .file())
    var file: String

    @Option(help: "The array to read of an HDF5, MATLAB or .npz file.")
    var array: String?

    @Option(help: "Where to write the arrays.", completion: .file(extensions: ["npz"]))
    var out: String?

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let arrays = try DataFile.arrays(in: file, array: array)
      if let out { try NPZWriter.write(arrays, to: out) }
      try global.emit(
        .object([
          "file": .string(file),
          "arrays": .array(
            arrays.map { name, array in
              .object([
                "name": .string(name), "type": .string(array.dataType.name),
                "shape": .array(array.shape.map { .integer($0) }),
              ])
            }),
        ]),
        text: arrays.map { name, array in "\(name): \(array.dataType.name) \(array.shape)" }
          .joined(separator: "\n"))
    }
  }
}
