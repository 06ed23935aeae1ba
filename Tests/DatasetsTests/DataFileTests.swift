import Datasets
import TestSupport
import Testing

@Suite("Single files") struct DataFileTests {
  @Test(
    "every format becomes named arrays",
    arguments: [
      ("images/rgb8.png", nil, "pixels", [24, 37, 3]), ("npz/images_u8.npz", nil, nil, []),
      ("miniatures/shapes3d/3dshapes.h5", "images", "images", [288, 64, 64, 3]),
      ("miniatures/shapes3d/3dshapes.h5", "labels", "labels", [288, 6]),
      (
        "miniatures/smallnorb/smallnorb-5x01235x9x18x6x2x96x96-testing-cat.mat.gz", nil, "matrix",
        []
      ),
      ("mat/plain.mat", "im", "im", []), ("miniatures/celeba/img_align_celeba.zip", nil, nil, []),
      ("miniatures/lsun-bedroom/bedroom_train_lmdb", nil, nil, []),
      ("miniatures/ffhq/images1024x1024", nil, "00000/00000.png", []),
    ] as [(String, String?, String?, [Int])])
  func reads(file: String, array: String?, name: String?, shape: [Int]) throws {
    let arrays = try DataFile.arrays(in: golden(file), array: array)
    let first = try #require(arrays.first)
    if let name { #expect(first.name == name) }
    if !shape.isEmpty && name != "pixels" { #expect(first.array.shape == shape) }
    #expect(arrays.allSatisfy { $0.array.bytes.count > 0 })
  }

  @Test(
    "what cannot be read is refused in one sentence",
    arguments: [
      ("hdf5/other.h5", nil, "it holds 'images', 'notes'"),
      ("mat/plain.mat", nil, "name the MATLAB array"), ("README.md", nil, "image file is not read"),
      ("none.png", nil, "cannot be read"), ("npz/object.npz", nil, "Python"),
    ] as [(String, String?, String)])
  func refuses(file: String, array: String?, words: String) throws {
    let error = try failure(DatasetError.self) {
      _ = try DataFile.arrays(in: golden(file), array: array)
    }
    #expect(error.description.contains(words), "\(error)")
  }

  /// Written by h5py 3.16 with HDF5 2.0; a libhdf5 that knows its messages reads it.
  @Test("a file of a newer libhdf5 is not called damaged")
  func newer() throws {
    let path = try golden("hdf5/newer.h5")
    do throws(DatasetError) {
      let arrays = try DataFile.arrays(in: path, array: "images")
      #expect(arrays.first?.array.shape == [4, 2, 2, 3])
    } catch {
      #expect(error.description.contains("it was written by a newer libhdf5"), "\(error)")
      #expect(!error.description.contains("damaged"))
    }
  }

  /// Found by fuzzing: the first unpacks to less than its shape, the second ends libhdf5 with a signal.
  @Test("files that libhdf5 cannot survive are refused", arguments: ["short_chunk", "wild_heap"])
  func hostile(file: String) throws {
    let error = try failure(DatasetError.self) {
      _ = try DataFile.arrays(in: golden("hdf5/\(file).h5"), array: "images")
    }
    #expect(error.description.contains("not a valid HDF5 file"), "\(error)")
  }
}
