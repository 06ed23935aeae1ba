import Glibc

/// The p-value of several independent ones together: −2 Σ log p against χ² with two degrees of freedom each.
///
/// Fisher, *Statistical Methods for Research Workers*, 4th edition, §21.1. For a discrete test, as a rank
/// among rotations, it errs on the safe side.
///
/// - Parameter pValues: Independent p-values in (0, 1]; at least one.
/// - Returns: The combined p-value.
public func fisherCombined(_ pValues: [Double]) -> Double {
  precondition(!pValues.isEmpty && pValues.allSatisfy { $0 > 0 && $0 <= 1 }, "p-values \(pValues)")
  // With an even number of degrees of freedom the tail is a Poisson sum.
  let half = -pValues.reduce(0) { $0 + log($1) }
  var (term, sum) = (1.0, 1.0)
  for index in 1..<max(pValues.count, 1) {
    term *= half / Double(index)
    sum += term
  }
  return min(1, exp(-half) * sum)
}
