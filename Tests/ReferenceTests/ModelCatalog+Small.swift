import Reference

extension ModelCatalog {
  /// Every model by name, U-Nets of pixels in their least width: what is tested of them does not depend on it, and takes a
  /// third of the time.
  static var smallNames: [String] {
    all.map { definition in
      definition.publishedSizes.contains { $0.option == "width" }
        ? "\(definition.name):width=8" : definition.name
    }
  }
}
