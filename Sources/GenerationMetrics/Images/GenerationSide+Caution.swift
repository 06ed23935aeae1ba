extension GenerationSide {
  /// What a reader of values from these features must know; nil if there is nothing.
  public var caution: String? {
    guard let protocolID else { return nil }
    if protocolID == BenchFeatures.name {
      return
        "made with \(protocolID), the suite's own features and not Inception's: the values rank sets against one another, and no published number is on their scale"
    }
    guard protocolID.contains("@\(RandomWeights.prefix)") else { return nil }
    return "made with random weights (\(protocolID)): these values mean nothing outside tests"
  }
}
