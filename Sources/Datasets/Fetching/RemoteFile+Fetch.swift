extension RemoteFile {
  /// Downloads or copies the file.
  ///
  /// It gets its name only when it is whole and its published checksum is right; a download that was
  /// interrupted goes on where it stopped.
  ///
  /// - Parameters:
  ///   - path: Where it goes; the folder must exist.
  ///   - mirror: Where from, instead of the published locations.
  ///   - options: Patience, progress.
  /// - Throws: ``DatasetError`` if it cannot be had or is not what was published.
  package func fetch(
    to path: String, from mirror: DatasetEntry.Mirror? = nil,
    options: DownloadOptions = DownloadOptions()
  ) throws(DatasetError) {
    switch mirror {
    case .folder(let source):
      try Download(url: source, path: path, expected: self, options: options)
        .copy(from: "\(source)/\(self.path)")
    case .file(let source):
      try Download(url: source, path: path, expected: self, options: options).copy(from: source)
    case .url(let base):
      let name = lastComponent(self.path)
      let url =
        base.hasSuffix("/\(name)") ? base : base.hasSuffix("/") ? base + name : "\(base)/\(name)"
      try Download(url: url, path: path, expected: self, options: options).run()
    case nil:
      try fetchFromPublished(to: path, options)
    }
  }

  /// Tries the published locations one after another.
  private func fetchFromPublished(
    to path: String, _ options: DownloadOptions
  ) throws(DatasetError) {
    var last = DatasetError.invalidArgument("'\(self.path)' has no published location.")
    for url in urls {
      do throws(DatasetError) {
        try Download(url: url, path: path, expected: self, options: options).run()
        return
      } catch { last = error }
    }
    throw last
  }
}
