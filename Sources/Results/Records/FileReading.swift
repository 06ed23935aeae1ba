package import BenchSupport
package import FoundationEssentials

/// Reads a whole JSON file.
///
/// - Throws: ``FileError`` if it cannot be read, ``ResultError/malformed(path:reason:)`` if it is
///   not JSON.
package func readJSON(_ path: String) throws -> JSONValue {
  let data = try readFile(path)
  do {
    return try JSONValue(parsing: data)
  } catch {
    throw ResultError.malformed(path: path, reason: jsonProblem(error))
  }
}

/// Reads a whole file of at most 1 GiB.
///
/// - Throws: ``FileError/cannotRead(path:reason:)``.
package func readFile(_ path: String) throws(FileError) -> Data {
  do {
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64 ?? 0
    guard size <= 1 << 30 else {
      throw FileError.cannotRead(path: path, reason: "it has \(size) bytes, more than 1 GiB")
    }
    return try Data(contentsOf: URL(filePath: path))
  } catch let error as FileError {
    throw error
  } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
    throw .cannotRead(path: path, reason: "there is no such file")
  } catch let error as CocoaError where error.code == .fileReadNoPermission {
    throw .cannotRead(path: path, reason: "permission denied")
  } catch {
    throw .cannotRead(path: path, reason: "it is a folder or unreadable")
  }
}

/// What is wrong with JSON text, in a few words.
private func jsonProblem(_ error: any Error) -> String {
  guard case DecodingError.dataCorrupted(let context) = error else { return "it is not JSON" }
  let detail = (context.underlyingError as? CocoaError)?.userInfo["NSDebugDescription"] as? String
  return "it is not JSON" + (detail.map { " (\($0.trimmingSuffix { $0 == "." }))" } ?? "")
}
