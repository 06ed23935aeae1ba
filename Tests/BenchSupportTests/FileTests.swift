import BenchSupport
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@Suite("Files") struct FileTests {
  @Test("grow by what is appended")
  func append() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/log"
    try AtomicFile.append([1, 2], to: path)
    try AtomicFile.append([3], to: path)
    #expect(try Data(contentsOf: URL(filePath: path)) == Data([1, 2, 3]))
  }

  @Test("that cannot be appended to promise nothing that is not so")
  func failedAppend() throws {
    // A device: what was written to it cannot be taken back.
    let error = #expect(throws: FileError.self) {
      try AtomicFile.append([1, 2, 3], to: "/dev/full")
    }
    #expect(error == .writtenInPart(path: "/dev/full", reason: "No space left on device"))
    #expect(error?.description.contains("changed") == false)
    // Nothing was opened, so nothing has changed.
    let folder = try TemporaryFolder()
    let missing = #expect(throws: FileError.self) {
      try AtomicFile.append([1], to: "\(folder.path)/none/log")
    }
    #expect(missing?.description.contains("Nothing that was there before has changed") == true)
  }

  @Test("are not written over in place")
  func synced() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    try AtomicFile.writeSynced([1], to: path)
    let error = #expect(throws: FileError.self) { try AtomicFile.writeSynced([2], to: path) }
    #expect(error == .cannotWrite(path: path, reason: "File exists"))
    #expect(try Data(contentsOf: URL(filePath: path)) == Data([1]))
    // What a killed process of this number left behind is no obstacle.
    try AtomicFile.writeSynced([9, 9, 9], to: "\(path).tmp-\(getpid())")
    try AtomicFile.write([2], to: path)
    #expect(try Data(contentsOf: URL(filePath: path)) == Data([2]))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
  }
}
