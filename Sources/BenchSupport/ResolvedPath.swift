import Glibc

/// A path without symbolic links, `.` and `..`, which files and folders have one of; nil if nothing is there.
package func resolvedPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}
