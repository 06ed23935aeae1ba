import Glibc
package import Torch

/// A forward process of discrete steps: x_t = √ᾱ_t·x + √(1 − ᾱ_t)·ε with ᾱ_t = Π (1 − β).
///
/// *Denoising Diffusion Probabilistic Models*, arXiv:2006.11239. States are numbered from 0, the least noisy one.
package struct DiscreteSchedule: Sendable {
  /// How β grows.
  package enum Growth: Sendable {
    /// Evenly between two values: 10⁻⁴ and 0.02 for DDPM and DiffAE, 10⁻⁵ and 10⁻² for InfoDiffusion.
    case linear(from: Double, to: Double)
    /// Its root evenly between the roots of two values: what latent diffusion calls linear, from 0.0015 to 0.0155.
    case quadratic(from: Double, to: Double)
    /// Not at all: DiffAE's latents, 0.008.
    case constant(Double)
  }

  /// DDPM's and DiffAE's.
  package static let ddpm = DiscreteSchedule(.linear(from: 1e-4, to: 0.02))
  /// InfoDiffusion's.
  package static let infoDiffusion = DiscreteSchedule(.linear(from: 1e-5, to: 1e-2))
  /// DisDiff's and EncDiff's.
  package static let latentDiffusion = DiscreteSchedule(.quadratic(from: 0.0015, to: 0.0155))

  /// ᾱ of every state.
  package let cumulative: [Double]

  /// Number of states.
  package var count: Int { cumulative.count }

  /// A schedule of so many states.
  package init(_ growth: Growth, count: Int = 1000) {
    precondition(count > 1, "\(count) steps of diffusion")
    var product = 1.0
    cumulative = (0..<count).map { step in
      let place = Double(step) / Double(count - 1)
      let beta: Double
      switch growth {
      case .linear(let from, let to): beta = from + place * (to - from)
      case .quadratic(let from, let to):
        let root = from.squareRoot() + place * (to.squareRoot() - from.squareRoot())
        beta = root * root
      case .constant(let value): beta = value
      }
      product *= 1 - beta
      return product
    }
  }

  /// ᾱ of a state; 1 before the first.
  package func cumulative(at state: Int?) -> Double { state.map { cumulative[$0] } ?? 1 }

  /// By how much an image's reverse step moves with a gradient of its log-likelihood, in units of the predicted noise:
  /// −√α_t·(1 − ᾱ_{t−1})/√(1 − ᾱ_t).
  ///
  /// PDAE (Zhang et al. 2022) and DisDiff (arXiv:2301.13721) weight what codes add to a prediction with it in training.
  package func gradientScale(at state: Int) -> Double {
    let before = cumulative(at: state > 0 ? state - 1 : nil)
    return -(cumulative[state] / before).squareRoot() * (1 - before)
      / (1 - cumulative[state]).squareRoot()
  }

  /// Images at states, each with its own noise.
  ///
  /// - Parameters:
  ///   - images: The images, [batch, …].
  ///   - noise: Standard normal numbers of the same shape.
  ///   - states: The state of each.
  /// - Returns: The same shape.
  /// - Throws: `TorchError`.
  package func noisy(_ images: Tensor, _ noise: Tensor, at states: [Int]) throws -> Tensor {
    // Both factors in one tensor: every tensor made here travels to the device.
    let factors = [states.map { cumulative[$0] }, states.map { 1 - cumulative[$0] }]
    let columns = try Tensor(
      factors.flatMap { $0.map { Float($0.squareRoot()) } },
      shape: [2, states.count] + images.shape.dropFirst().map { _ in 1 }, device: images.device)
    return try images * columns.selected(0, 0) + noise * columns.selected(0, 1)
  }

  /// The clean images that a prediction of the noise amounts to: (x_t − √(1 − ᾱ_t)·ε̂)/√ᾱ_t.
  package func clean(_ images: Tensor, _ noise: Tensor, at state: Int) throws -> Tensor {
    let cumulative = cumulative[state]
    return try (images - noise * (1 - cumulative).squareRoot()) * (1 / cumulative.squareRoot())
  }

  /// A deterministic step of DDIM, forwards or backwards.
  ///
  /// arXiv:2010.02502, Eq. 12 with σ = 0.
  ///
  /// - Parameters:
  ///   - images: The images at a state.
  ///   - noise: The predicted noise.
  ///   - state: Their state.
  ///   - next: The state to go to, noisier or less; nil for clean images.
  ///   - clips: Whether clean images are kept within [−1, 1] and the noise follows, as ADM does for pixels.
  /// - Returns: The images there.
  /// - Throws: `TorchError`.
  package func step(
    _ images: Tensor, _ noise: Tensor, from state: Int, to next: Int?, clips: Bool = false
  ) throws -> Tensor {
    var (clean, noise) = (try clean(images, noise, at: state), noise)
    if clips {
      clean = try clean.clamped(from: -1, to: 1)
      let cumulative = cumulative[state]
      noise = try (images - clean * cumulative.squareRoot()) * (1 / (1 - cumulative).squareRoot())
    }
    let goal = cumulative(at: next)
    return try clean * goal.squareRoot() + noise * (1 - goal).squareRoot()
  }

  /// Evenly spaced states from the least noisy one on, as ADM spaces DDIM: 0, 50, …, 950 for 20 of 1,000.
  ///
  /// Numbers that do not divide the states, which ADM refuses, take the nearest states below: the last one, from which noise
  /// is walked back, is as far from the end as steps are long.
  package func spaced(_ stepCount: Int) -> [Int] {
    (0..<min(stepCount, count)).map { $0 * count / min(stepCount, count) }
  }
}
