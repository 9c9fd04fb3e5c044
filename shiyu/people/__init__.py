"""Units, posts, people and their duties; sign-in (机构、岗位、人员、职责)."""
