//! Every block that was ever made, of every branch.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::block::Block;
use super::chain_maker;
use super::genesis::Genesis;
use crate::core::hash::Hash;
use crate::core::numbers::Height;

/// A tree of blocks that share one genesis.
#[derive(Debug)]
pub struct Tree {
    genesis: Genesis,
    first: Arc<Block>,
    nodes: BTreeMap<Hash, Node>,
}

/// A block and a link far back, so that the way to any ancestor takes a number of steps logarithmic in its distance.
///
/// Source: Myers, "An applicative random-access stack", Information Processing Letters 17 (1983).
#[derive(Clone, Debug)]
struct Node {
    block: Arc<Block>,
    jump: Hash,
}

impl Tree {
    /// A tree that holds block zero.
    pub fn grown_from(genesis: Genesis) -> Self {
        let first = Arc::new(chain_maker::first(&genesis));
        let node = Node { block: first.clone(), jump: first.hash() };
        Self { genesis, nodes: BTreeMap::from([(first.hash(), node)]), first }
    }

    /// What it was grown from.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Block zero.
    pub fn first(&self) -> Arc<Block> {
        self.first.clone()
    }

    /// The block of this hash.
    pub fn get(&self, hash: &Hash) -> Option<Arc<Block>> {
        self.nodes.get(hash).map(|node| node.block.clone())
    }

    /// The child of `parent` on the branch of this number: made now, or before.
    pub fn extend(&mut self, parent: &Arc<Block>, branch: u64) -> Arc<Block> {
        let block = Arc::new(chain_maker::next(&self.genesis, parent, branch));
        let jump = self.jump_over(parent);
        let node = self.nodes.entry(block.hash()).or_insert(Node { block, jump });
        node.block.clone()
    }

    /// Forgets every block below `height` but block zero: what stood on them stays, and ends there.
    pub fn forget_below(&mut self, height: Height) {
        self.nodes.retain(|_, node| node.block.number() == 0 || node.block.height() >= height);
    }

    /// The ancestor of `block` at this height, or the lowest that is not forgotten; `block` itself if it is not
    /// above it.
    pub fn ancestor(&self, block: &Arc<Block>, height: Height) -> Arc<Block> {
        let mut at = block.clone();
        while at.height() > height {
            let Some(node) = self.nodes.get(&at.hash()) else { break };
            let jumped = self.get(&node.jump).filter(|jumped| jumped.height() >= height);
            let Some(lower) = jumped.or_else(|| self.parent(&at)) else { break };
            at = lower;
        }
        at
    }

    /// Whether `block` lies on the way from block zero to `head`, both included.
    pub fn leads_to(&self, block: &Block, head: &Arc<Block>) -> bool {
        block.height() <= head.height() && self.ancestor(head, block.height()).hash() == block.hash()
    }

    /// The blocks after the last common ancestor with `from`, up to `to`, oldest first.
    pub fn path(&self, from: &Block, to: &Arc<Block>) -> Vec<Arc<Block>> {
        let mut path = Vec::new();
        let mut ahead = to.clone();
        let mut behind = self.get(&from.hash());
        while let Some(known) = behind.as_ref().filter(|known| known.hash() != ahead.hash()) {
            let climb_down = ahead.height() >= known.height();
            if known.height() >= ahead.height() {
                behind = self.parent(known);
            }
            if climb_down {
                path.push(ahead.clone());
                let Some(lower) = self.parent(&ahead) else { break };
                ahead = lower;
            }
        }
        path.reverse();
        path
    }

    /// The block before this one.
    pub fn parent(&self, block: &Block) -> Option<Arc<Block>> {
        self.get(&block.header().parent)
    }

    fn jump_over(&self, parent: &Block) -> Hash {
        let height = |hash: &Hash| self.nodes.get(hash).map_or(0, |node| node.block.number());
        let jump = |hash: &Hash| self.nodes.get(hash).map_or(*hash, |node| node.jump);
        let near = jump(&parent.hash());
        let far = jump(&near);
        if parent.number() - height(&near) == height(&near) - height(&far) { far } else { parent.hash() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Tree;
    use crate::core::numbers::Height;
    use crate::sim::block::Block;
    use crate::sim::genesis::Genesis;

    fn chain(tree: &mut Tree, from: Arc<Block>, length: u64, branch: u64) -> Vec<Arc<Block>> {
        let mut blocks = vec![from];
        for _ in 0..length {
            let next = tree.extend(&blocks[blocks.len() - 1].clone(), branch);
            blocks.push(next);
        }
        blocks
    }

    #[test]
    fn every_ancestor_is_found() {
        let mut tree = Tree::grown_from(Genesis::default());
        let first = tree.first();
        let blocks = chain(&mut tree, first, 100, 0);
        for head in [1, 2, 50, 99, 100] {
            for height in 0..=head {
                let found = tree.ancestor(&blocks[head], Height(height as u64));
                assert_eq!(found.hash(), blocks[height].hash(), "{height} below {head}");
            }
        }
    }

    #[test]
    fn a_path_goes_from_the_common_ancestor_to_the_new_head() {
        let mut tree = Tree::grown_from(Genesis::default());
        let first = tree.first();
        let old = chain(&mut tree, first, 10, 0);
        let new = chain(&mut tree, old[7].clone(), 5, 1);
        let hashes = |blocks: &[Arc<Block>]| blocks.iter().map(|block| block.hash()).collect::<Vec<_>>();
        assert_eq!(hashes(&tree.path(&old[10], &new[5])), hashes(&new[1..]));
        assert_eq!(hashes(&tree.path(&new[5], &old[10])), hashes(&old[8..]));
        assert!(tree.path(&old[10], &old[7]).is_empty());
        assert!(tree.path(&old[10], &old[10]).is_empty());
        assert!(tree.leads_to(&old[7], &new[5]) && !tree.leads_to(&old[8], &new[5]));
    }

    #[test]
    fn what_is_forgotten_is_gone_and_the_rest_is_found_as_before() {
        let mut tree = Tree::grown_from(Genesis::default());
        let first = tree.first();
        let blocks = chain(&mut tree, first, 100, 0);
        tree.forget_below(Height(60));
        assert!(tree.get(&blocks[0].hash()).is_some() && tree.get(&blocks[59].hash()).is_none());
        for height in 60..=100 {
            let found = tree.ancestor(&blocks[100], Height(height as u64));
            assert_eq!(found.hash(), blocks[height].hash());
        }
        assert_eq!(tree.ancestor(&blocks[100], Height(59)).hash(), blocks[60].hash());
        let more = chain(&mut tree, blocks[100].clone(), 50, 0);
        assert_eq!(tree.ancestor(&more[50], Height(77)).hash(), blocks[77].hash());
    }

    #[test]
    fn what_a_block_holds_follows_from_its_place_alone() {
        let mut one = Tree::grown_from(Genesis::default());
        let mut other = Tree::grown_from(Genesis::default());
        let (first, twin) = (one.first(), other.first());
        let early = one.extend(&first, 3);
        one.extend(&first, 4);
        other.extend(&twin, 4);
        assert_eq!(early.full_json(), other.extend(&twin, 3).full_json());
        assert_ne!(early.hash(), one.extend(&first, 4).hash());
        assert_ne!(Tree::grown_from(Genesis { seed: 2, ..Genesis::default() }).first().hash(), first.hash());
    }
}
