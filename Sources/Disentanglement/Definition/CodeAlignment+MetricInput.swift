extension CodeAlignment {
  /// The input with all its codes, those of its test sample and intervention source too, on the
  /// new axes.
  public func apply(to input: MetricInput) -> MetricInput {
    var result = input
    result.codes = apply(to: input.codes)
    result.test = input.test.map {
      LabelledCodes(checked: apply(to: $0.codes), factors: $0.factors)
    }
    result.testValues = input.testValues.map {
      ValuedCodes(checked: apply(to: $0.codes), values: $0.values)
    }
    result.interventions = input.interventions?.mapCodes { apply(to: $0) }
    return result
  }
}
