/// The share of samples whose prediction is right; 0 for no samples.
func accuracy(_ predictions: [Int32], _ truth: [Int32]) -> Double {
  let hits = zip(predictions, truth).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
  return truth.isEmpty ? 0 : Double(hits) / Double(truth.count)
}
