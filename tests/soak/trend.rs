//! The straight line that lies closest to a row of samples.

/// The slope of the line of least squares through `points`; zero where there is no line.
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let across: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let along: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    if along > 0.0 { across / along } else { 0.0 }
}

/// The middle one of the values; zero if there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[test]
fn the_slope_of_a_line_is_found_through_noise_that_cancels_out() {
    let noisy = |place: u32| {
        let x = f64::from(place);
        (x, 3.0 * x + 7.0 + if place.is_multiple_of(2) { 5.0 } else { -5.0 })
    };
    let points: Vec<(f64, f64)> = (0..1001).map(noisy).collect();
    assert!((slope(&points) - 3.0).abs() < 1e-3, "{}", slope(&points));
    assert_eq!((slope(&[]), slope(&[(1.0, 2.0)])), (0.0, 0.0));
}

#[test]
fn the_median_is_the_middle_one() {
    assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
    assert_eq!(median(Vec::new()), 0.0);
}
