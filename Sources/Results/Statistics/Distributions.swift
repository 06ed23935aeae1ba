import Glibc

/// Distribution functions, as `scipy.stats` names them.
package enum Distribution {
  /// P(Z ≤ z) of the standard normal distribution.
  package static func normalCDF(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }

  /// The z with P(Z ≤ z) = `probability`.
  package static func normalQuantile(_ probability: Double) -> Double {
    guard probability > 0 && probability < 1 else {
      return probability <= 0 ? -.infinity : .infinity
    }
    // Symmetric, so that the far upper tail is as accurate as the lower one.
    if probability > 0.5 { return -normalQuantile(1 - probability) }
    return root(of: normalCDF, equals: probability, in: -40...0)
  }

  /// P(|T| ≥ |t|) of Student's distribution.
  package static func tTwoSided(_ t: Double, degreesOfFreedom df: Double) -> Double {
    regularizedBeta(df / (df + t * t), df / 2, 0.5)
  }

  /// P(T ≥ t) of Student's distribution.
  package static func tUpper(_ t: Double, degreesOfFreedom df: Double) -> Double {
    let half = tTwoSided(t, degreesOfFreedom: df) / 2
    return t >= 0 ? half : 1 - half
  }

  /// The t with P(T ≤ t) = `probability` ≥ ½ of Student's distribution.
  package static func tQuantile(_ probability: Double, degreesOfFreedom df: Double) -> Double {
    precondition(probability >= 0.5 && probability < 1, "probability \(probability)")
    return root(
      of: { 1 - tUpper($0, degreesOfFreedom: df) }, equals: probability, in: 0...1e8)
  }

  /// P(F ≥ f) of Fisher's distribution.
  package static func fUpper(_ f: Double, _ first: Double, _ second: Double) -> Double {
    regularizedBeta(second / (second + first * f), second / 2, first / 2)
  }

  /// P(X ≥ x) of the chi-squared distribution.
  package static func chiSquaredUpper(_ x: Double, degreesOfFreedom df: Double) -> Double {
    regularizedGammaUpper(df / 2, x / 2)
  }

  /// P(|T| ≥ t) of the noncentral t distribution, for t ≥ 0.
  package static func noncentralTTwoSided(
    _ t: Double, degreesOfFreedom df: Double, noncentrality: Double
  ) -> Double {
    // T = (Z + δ) / W with W² = χ²/df, whose density is concentrated around 1.
    let spread = 14 / (2 * df).squareRoot()
    let logConstant = df / 2 * log(df / 2) + log(2) - lgamma(df / 2)
    return integral(from: max(0, 1 - spread), to: 1 + spread, pieces: 64) { w in
      guard w > 0 else { return 0 }
      let density = exp(logConstant + (df - 1) * log(w) - df * w * w / 2)
      let upper = normalCDF(noncentrality - t * w)
      let lower = normalCDF(-noncentrality - t * w)
      return density * (upper + lower)
    }
  }

  /// P(Q ≤ q) of the range of `count` standard normal draws: the studentised range with infinitely
  /// many degrees of freedom.
  package static func normalRangeCDF(_ q: Double, count: Int) -> Double {
    guard q > 0 else { return 0 }
    return integral(from: -9, to: 9 + q, pieces: 96) { z in
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      return Double(count) * density * pow(normalCDF(z) - normalCDF(z - q), Double(count - 1))
    }
  }

  /// The q with P(Q ≤ q) = `probability` of the range of `count` standard normal draws.
  package static func normalRangeQuantile(_ probability: Double, count: Int) -> Double {
    root(of: { normalRangeCDF($0, count: count) }, equals: probability, in: 0...60)
  }
}
