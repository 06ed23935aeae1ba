import BenchSupport

/// A dataset in two parts: images to train on, and some that no training sees.
///
/// Which images are held out follows from their number alone, so that every run and every stage of a
/// run that holds out as many leaves out the same ones.
public struct HeldOutSplit: Sendable {
  /// The images to train on, in the order of the dataset.
  public let training: SubsetDataset
  /// The others, in the order of the dataset.
  public let heldOut: SubsetDataset

  /// The largest share of a dataset that ``count(wanted:of:)`` holds out.
  private static let largestShare = 10

  /// Splits a dataset.
  ///
  /// - Parameters:
  ///   - dataset: All images.
  ///   - heldOutCount: How many are held out, from one to all but one.
  /// - Throws: ``DatasetError/invalidArgument(_:)`` if there are not as many.
  public init(_ dataset: any ImageDataset, heldOutCount: Int) throws(DatasetError) {
    let count = dataset.count
    guard (1..<max(1, count)).contains(heldOutCount) else {
      throw .invalidArgument(
        "\(heldOutCount) images of '\(dataset.name)' cannot be held out: it has \(count), and training needs at least one."
      )
    }
    var generator = Philox(seed: 0, stream: 0x4E1D_0000)
    var isHeldOut = [Bool](repeating: false, count: count)
    // Floyd's algorithm: distinct images, without a list of all.
    for last in count - heldOutCount..<count {
      let drawn = generator.integer(below: last + 1)
      isHeldOut[isHeldOut[drawn] ? last : drawn] = true
    }
    let all = isHeldOut.indices
    training = SubsetDataset(dataset, indices: all.filter { !isHeldOut[$0] }, part: "training")
    heldOut = SubsetDataset(dataset, indices: all.filter { isHeldOut[$0] }, part: "held-out")
  }

  /// How many images to hold out where so many are wanted: no more than a tenth of the dataset.
  public static func count(wanted: Int, of dataset: any ImageDataset) -> Int {
    min(wanted, dataset.count / largestShare)
  }
}
